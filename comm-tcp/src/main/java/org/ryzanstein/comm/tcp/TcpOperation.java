package org.ryzanstein.comm.tcp;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.CommunicationException.Kind;
import org.ryzanstein.api.comm.Operation;
import org.ryzanstein.api.comm.OperationKind;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.ElementType;

/**
 * One call under way: what it sends to each rank, what it expects from each, and what it does when all is there. It runs in one
 * phase, or in two: a large all-reduce first sends each rank its chunk, adds the chunk of its own in rank order, and then sends
 * the sum to all. Objects are used again for later calls, with all their scratch memory.
 */
final class TcpOperation implements Operation {
    private static final int PHASES = 2;
    private static final int ALL_RECEIVED = -1;
    private static final int NOT_EXPECTED = -2;
    private static final int CHUNK_WORDS = 16;

    private final TcpCommunicator group;
    private final Matrix source = new Matrix();
    private final Matrix target = new Matrix();
    private final int[] firstColumns;
    private final int[] widths;

    /** Words received of each message, by phase and rank, or one of the two marks. */
    private final int[] received;

    private final int[] incoming = new int[PHASES];
    private final int[] outgoing = new int[PHASES];
    private final int[][] parts;
    private int[] own = {};

    private OperationKind kind = OperationKind.BARRIER;
    private @Nullable ElementType type;
    private @Nullable ReduceOperation reduce;
    private int root;
    private int peer;
    private int sequence;
    private int rows;
    private int columns;
    private int layout;
    private boolean chunked;
    private int phase;
    private boolean done;
    private long deadline;
    private long busyNanos;

    TcpOperation(TcpCommunicator group) {
        this.group = group;
        int size = group.worldSize();
        firstColumns = new int[size];
        widths = new int[size];
        received = new int[PHASES * size];
        parts = new int[size][0];
    }

    Matrix source() {
        return source;
    }

    Matrix target() {
        return target;
    }

    /** Begins to describe a call; source and target were set before. */
    void begin(OperationKind call, int callSequence, Matrix shape) {
        kind = call;
        sequence = callSequence;
        type = null;
        reduce = null;
        root = -1;
        peer = -1;
        rows = shape.rows();
        columns = shape.columns();
        layout = 0;
        chunked = false;
    }

    void elements(ElementType elementType) {
        type = elementType;
    }

    void reduce(ReduceOperation operation) {
        reduce = operation;
    }

    void root(int rank) {
        root = rank;
    }

    void peer(int rank) {
        peer = rank;
    }

    void chunked(boolean twoPhases) {
        chunked = twoPhases;
    }

    /** Columns of each rank. */
    void split(int[] counts) {
        int first = 0;
        int hash = 1;
        for (int rank = 0; rank < counts.length; rank++) {
            firstColumns[rank] = first;
            widths[rank] = counts[rank];
            first += counts[rank];
            hash = 31 * hash + counts[rank];
        }
        layout = hash;
    }

    /** Counts what will come and go. Afterwards frames may be delivered. */
    void expect(long deadlineNanos) {
        deadline = deadlineNanos;
        phase = 0;
        done = false;
        busyNanos = 0;
        for (int part = 0; part < PHASES; part++) {
            incoming[part] = 0;
            outgoing[part] = 0;
            for (int rank = 0; rank < widths.length; rank++) {
                boolean comes = comesFrom(part, rank);
                received[part * widths.length + rank] = comes ? 0 : NOT_EXPECTED;
                incoming[part] += comes ? 1 : 0;
                outgoing[part] += goesTo(part, rank) ? 1 : 0;
            }
        }
        if (isReduction()) {
            for (int rank = 0; rank < parts.length; rank++) {
                if (rank != group.rank() && parts[rank].length < incomingWords(0, rank)) {
                    parts[rank] = new int[incomingWords(0, rank)];
                }
            }
        }
    }

    private boolean isReduction() {
        return kind == OperationKind.ALL_REDUCE || kind == OperationKind.REDUCE_SCATTER;
    }

    private boolean comesFrom(int part, int rank) {
        if (rank == group.rank()) {
            return false;
        }
        return switch (kind) {
            case ALL_REDUCE -> part == 0 || chunked;
            case ALL_GATHER, REDUCE_SCATTER, BARRIER -> part == 0;
            case BROADCAST -> part == 0 && rank == root;
            case RECEIVE -> part == 0 && rank == peer;
            case SEND -> false;
        };
    }

    boolean goesTo(int part, int rank) {
        if (rank == group.rank()) {
            return false;
        }
        return switch (kind) {
            case ALL_REDUCE -> part == 0 || chunked;
            case ALL_GATHER, REDUCE_SCATTER, BARRIER -> part == 0;
            case BROADCAST -> part == 0 && group.rank() == root;
            case SEND -> part == 0 && rank == peer;
            case RECEIVE -> false;
        };
    }

    private int words() {
        return rows * columns;
    }

    private int chunkStart(int rank) {
        int each = Math.ceilDiv(Math.ceilDiv(words(), widths.length), CHUNK_WORDS) * CHUNK_WORDS;
        return (int) Math.min((long) rank * each, words());
    }

    private int chunkWords(int rank) {
        return chunkStart(rank + 1) - chunkStart(rank);
    }

    private int incomingWords(int part, int rank) {
        return switch (kind) {
            case ALL_REDUCE -> chunked ? chunkWords(part == 0 ? group.rank() : rank) : words();
            case ALL_GATHER -> rows * widths[rank];
            case REDUCE_SCATTER -> rows * widths[group.rank()];
            case BROADCAST, SEND, RECEIVE -> words();
            case BARRIER -> 0;
        };
    }

    /** Length of the message to a rank. */
    int outgoingWords(int part, int rank) {
        return switch (kind) {
            case ALL_REDUCE -> chunked ? chunkWords(part == 0 ? rank : group.rank()) : words();
            case ALL_GATHER -> rows * widths[group.rank()];
            case REDUCE_SCATTER -> rows * widths[rank];
            case BROADCAST, SEND, RECEIVE -> words();
            case BARRIER -> 0;
        };
    }

    /** Copies part of the message to a rank. */
    void stage(int part, int rank, int first, int count, MemorySegment out, long offset) {
        switch (kind) {
            case ALL_REDUCE -> {
                int start = chunked ? chunkStart(part == 0 ? rank : group.rank()) : 0;
                source.read(0, columns, start + first, count, out, offset);
            }
            case REDUCE_SCATTER -> source.read(firstColumns[rank], widths[rank], first, count, out, offset);
            case ALL_GATHER, BROADCAST, SEND, RECEIVE, BARRIER ->
                source.read(0, source.columns(), first, count, out, offset);
        }
    }

    /** A message to a rank is on its way. */
    void staged(int part) {
        outgoing[part]--;
        advance();
    }

    /** Whether something of this rank is still missing. */
    boolean waitsFor(int rank) {
        int size = widths.length;
        return !done && (received[rank] >= 0 || received[size + rank] >= 0);
    }

    /**
     * Takes part of a message. The words were checked.
     *
     * @throws org.ryzanstein.api.comm.CommunicationException if they are not what comes next
     */
    void deliver(int part, int rank, int first, int total, int count, MemorySegment in, long offset) {
        int at = part * widths.length + rank;
        if (part < 0 || part >= PHASES || received[at] < 0) {
            throw group.fail(Kind.MISMATCH, rank, "sent more than one message for " + describe());
        }
        if (total != incomingWords(part, rank)) {
            throw group.fail(
                    Kind.MISMATCH,
                    rank,
                    "sent a message of " + total + " elements, expected " + incomingWords(part, rank) + " for "
                            + describe());
        }
        if (first != received[at] || count > total - first || (count == 0 && total != 0)) {
            throw group.fail(
                    Kind.PROTOCOL,
                    rank,
                    "sent elements " + first + " .. " + ((long) first + count) + " of " + total
                            + ", expected them from " + received[at]);
        }
        accept(part, rank, first, count, in, offset);
        received[at] += count;
        if (received[at] == total) {
            received[at] = ALL_RECEIVED;
            incoming[part]--;
            advance();
        }
    }

    private void accept(int part, int rank, int first, int count, MemorySegment in, long offset) {
        switch (kind) {
            case ALL_REDUCE -> {
                if (part == 0) {
                    MemorySegment.copy(in, ValueLayout.JAVA_INT_UNALIGNED, offset, parts[rank], first, count);
                } else {
                    target.write(0, columns, chunkStart(rank) + first, count, in, offset);
                }
            }
            case REDUCE_SCATTER ->
                MemorySegment.copy(in, ValueLayout.JAVA_INT_UNALIGNED, offset, parts[rank], first, count);
            case ALL_GATHER -> target.write(firstColumns[rank], widths[rank], first, count, in, offset);
            case BROADCAST, RECEIVE, SEND, BARRIER -> target.write(0, columns, first, count, in, offset);
        }
    }

    /** Goes on as far as what has come and gone allows. */
    void advance() {
        while (!done && incoming[phase] == 0 && outgoing[phase] == 0) {
            if (phase == 0) {
                finishFirstPhase();
            }
            if (phase == 0 && chunked) {
                phase = 1;
                group.send(this, 1);
            } else {
                done = true;
                group.ended(this);
            }
        }
    }

    private void finishFirstPhase() {
        int self = group.rank();
        switch (kind) {
            case ALL_REDUCE -> {
                int first = chunked ? chunkStart(self) : 0;
                int count = chunked ? chunkWords(self) : words();
                target.write(0, columns, first, count, combine(0, columns, first, count));
            }
            case REDUCE_SCATTER -> {
                int count = rows * widths[self];
                target.write(0, widths[self], 0, count, combine(firstColumns[self], widths[self], 0, count));
            }
            case ALL_GATHER -> source.copyTo(target, firstColumns[self]);
            case BROADCAST, SEND, RECEIVE, BARRIER -> {}
        }
    }

    /** What the ranks gave, combined in rank order. */
    private int[] combine(int firstColumn, int width, int first, int count) {
        if (own.length < count) {
            own = new int[count];
        }
        source.read(firstColumn, width, first, count, own);
        int self = group.rank();
        int[] all = self == 0 ? own : parts[0];
        if (type != null && reduce != null) {
            for (int rank = 1; rank < parts.length; rank++) {
                Reduction.combine(type, reduce, all, rank == self ? own : parts[rank], count);
            }
        }
        return all;
    }

    /** Rank within the group of a rank of the formation. */
    int rankOfPeer(int member) {
        return group.rankOf(member);
    }

    int sequence() {
        return sequence;
    }

    int groupId() {
        return group.id();
    }

    OperationKind kind() {
        return kind;
    }

    /** Of the frames: those of a receive are those of the send that it belongs to. */
    byte frameKind() {
        return kind == OperationKind.RECEIVE ? WireCodes.SEND : WireCodes.of(kind);
    }

    byte typeCode() {
        return type == null ? WireCodes.NONE : WireCodes.of(type);
    }

    byte reduceCode() {
        return reduce == null ? WireCodes.NONE : WireCodes.of(reduce);
    }

    int root() {
        return root;
    }

    int peer() {
        return peer;
    }

    int rows() {
        return rows;
    }

    int columns() {
        return columns;
    }

    int layout() {
        return layout;
    }

    long deadline() {
        return deadline;
    }

    boolean done() {
        return done;
    }

    void spent(long nanos) {
        busyNanos += nanos;
    }

    long busyNanos() {
        return busyNanos;
    }

    /** The call in words. */
    String describe() {
        return WireCodes.describe(frameKind(), typeCode(), reduceCode(), root, rows, columns, sequence, group.id());
    }

    @Override
    public boolean isDone() {
        return group.isDone(this);
    }

    @Override
    public void await() {
        group.await(this);
    }
}
