package org.ryzanstein.comm.tcp;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.CommunicationException.Kind;
import org.ryzanstein.api.comm.Operation;
import org.ryzanstein.api.comm.OperationKind;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.ElementType;

/**
 * One call under way: what it sends to each rank, what it expects from each, and what it does when all is there. It runs in one
 * phase, or in two where that is faster for a large message, which is then cut into a chunk for each rank. In the first phase a
 * large all-reduce sends each rank its chunk, a large broadcast sends each rank a different one; in the second each rank sends
 * its chunk to all others, piece by piece as soon as a piece is complete, so that both phases run at once. Objects are used
 * again for later calls, with all their scratch memory.
 */
final class TcpOperation implements Operation {
    private static final int PHASES = 2;
    private static final int ALL_RECEIVED = -1;
    private static final int NOT_EXPECTED = -2;
    private static final int CHUNK_WORDS = 16;

    /** Words of a chunk that go on together in the second phase. */
    private static final int PIECE_WORDS = Frame.MAX_WORDS;

    private final TcpCommunicator group;
    private final Matrix source = new Matrix();
    private final Matrix target = new Matrix();
    private final int[] firstColumns;
    private final int[] widths;
    private final Accumulator accumulator;

    /** Words received of each message, by phase and rank, or one of the two marks. */
    private final int[] received;

    /** Messages that are still to come and to go, in all phases. */
    private int open;

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
    private boolean packs;

    /** Words of the own chunk that were handed to the second phase, or ALL_RECEIVED. */
    private int passedOn;

    private boolean done;
    private long deadline;
    private long busyNanos;
    private long wireBytes;

    TcpOperation(TcpCommunicator group) {
        this.group = group;
        int size = group.worldSize();
        firstColumns = new int[size];
        widths = new int[size];
        received = new int[PHASES * size];
        accumulator = new Accumulator(group.rank(), size);
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
        packs = false;
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

    /** Whether values that fit 16 bits are sent as such. */
    void packs(boolean wanted) {
        packs = wanted && isReduction() && type == ElementType.INT32;
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
        done = false;
        busyNanos = 0;
        wireBytes = 0;
        passedOn = 0;
        open = 0;
        for (int phase = 0; phase < PHASES; phase++) {
            for (int rank = 0; rank < widths.length; rank++) {
                boolean comes = comesFrom(phase, rank);
                received[phase * widths.length + rank] = comes ? 0 : NOT_EXPECTED;
                open += comes ? 1 : 0;
                open += goesTo(phase, rank) ? 1 : 0;
            }
        }
        beginReduction();
    }

    private void beginReduction() {
        if (type == null || reduce == null) {
            return;
        }
        int self = group.rank();
        accumulator.begin(type, reduce);
        if (kind == OperationKind.REDUCE_SCATTER) {
            accumulator.range(source, firstColumns[self], widths[self], 0, rows * widths[self], target);
        } else {
            accumulator.range(source, 0, columns, partStart(self), partWords(self), null);
        }
    }

    private boolean isReduction() {
        return kind == OperationKind.ALL_REDUCE || kind == OperationKind.REDUCE_SCATTER;
    }

    private boolean comesFrom(int phase, int rank) {
        int self = group.rank();
        if (rank == self || (phase == 1 && !chunked)) {
            return false;
        }
        return switch (kind) {
            case ALL_REDUCE, ALL_GATHER, REDUCE_SCATTER, BARRIER -> true;
            case BROADCAST -> phase == 0 ? rank == root : self != root;
            case RECEIVE -> rank == peer;
            case SEND -> false;
        };
    }

    boolean goesTo(int phase, int rank) {
        int self = group.rank();
        if (rank == self || (phase == 1 && !chunked)) {
            return false;
        }
        return switch (kind) {
            case ALL_REDUCE, ALL_GATHER, REDUCE_SCATTER, BARRIER -> true;
            case BROADCAST -> phase == 0 ? self == root : rank != root;
            case SEND -> rank == peer;
            case RECEIVE -> false;
        };
    }

    private int words() {
        return rows * columns;
    }

    /** Where the chunk of a rank begins; 0 if there are none. */
    private int partStart(int rank) {
        return chunked ? chunkStart(rank) : 0;
    }

    /** Words of the chunk of a rank; all if there are none. */
    private int partWords(int rank) {
        return chunked ? chunkStart(rank + 1) - chunkStart(rank) : words();
    }

    private int chunkStart(int rank) {
        int each = Math.ceilDiv(Math.ceilDiv(words(), widths.length), CHUNK_WORDS) * CHUNK_WORDS;
        return (int) Math.min((long) rank * each, words());
    }

    private int incomingWords(int phase, int rank) {
        return switch (kind) {
            case ALL_REDUCE, BROADCAST -> partWords(phase == 0 ? group.rank() : rank);
            case ALL_GATHER -> rows * widths[rank];
            case REDUCE_SCATTER -> rows * widths[group.rank()];
            case SEND, RECEIVE -> words();
            case BARRIER -> 0;
        };
    }

    /** Length of the message to a rank. */
    int outgoingWords(int phase, int rank) {
        return switch (kind) {
            case ALL_REDUCE, BROADCAST -> partWords(phase == 0 ? rank : group.rank());
            case ALL_GATHER -> rows * widths[group.rank()];
            case REDUCE_SCATTER -> rows * widths[rank];
            case SEND, RECEIVE -> words();
            case BARRIER -> 0;
        };
    }

    /** Copies words of the message to a rank. Returns the mask of the packed blocks. */
    int stage(int phase, int rank, int first, int count, MemorySegment out, long offset) {
        boolean scatters = kind == OperationKind.REDUCE_SCATTER;
        int column = scatters ? firstColumns[rank] : 0;
        int width = scatters ? widths[rank] : source.columns();
        int from = partStart(phase == 0 ? rank : group.rank()) + first;
        if (packs) {
            return group.mesh().packing().pack(source, column, width, from, count, out, offset);
        }
        source.read(column, width, from, count, out, offset);
        return 0;
    }

    /** Counts bytes that go to the peers for it, headers included. */
    void countWire(long bytes) {
        wireBytes += bytes;
    }

    /** The last of a message to a rank was handed to the connection. */
    void messageSent() {
        open--;
        advance();
    }

    /** Whether something of this rank is still missing. */
    boolean waitsFor(int rank) {
        int size = widths.length;
        return !done && (received[rank] >= 0 || received[size + rank] >= 0);
    }

    /** Whether something of the first phase of this rank is still missing. */
    boolean waitsForFirst(int rank) {
        return !done && received[rank] >= 0;
    }

    /**
     * Takes a frame. It was checked in itself, and that it belongs to this call.
     *
     * @throws org.ryzanstein.api.comm.CommunicationException if it is not what comes next
     */
    void deliver(int rank, ByteBuffer frame, int at, MemorySegment memory) {
        int phase = Frame.phase(frame, at);
        int total = Frame.totalWords(frame, at);
        int first = Frame.firstWord(frame, at);
        int count = Frame.words(frame, at);
        int mask = Frame.mask(frame, at);
        int place = phase * widths.length + rank;
        if (phase < 0 || phase >= PHASES || received[place] < 0) {
            throw group.fail(Kind.MISMATCH, rank, "sent more than one message for " + describe());
        }
        if (total != incomingWords(phase, rank)) {
            throw group.fail(
                    Kind.MISMATCH,
                    rank,
                    "sent a message of " + total + " elements, expected " + incomingWords(phase, rank) + " for "
                            + describe());
        }
        if (first != received[place] || count > total - first || (count == 0 && total != 0)) {
            throw group.fail(
                    Kind.PROTOCOL,
                    rank,
                    "sent elements " + first + " .. " + ((long) first + count) + " of " + total
                            + ", expected them from " + received[place]);
        }
        if (mask != 0 && !(isReduction() && type == ElementType.INT32)) {
            throw group.fail(Kind.PROTOCOL, rank, "sent packed elements for " + describe());
        }
        accept(phase, rank, first, count, mask, memory, at + (long) Frame.HEADER_BYTES);
        received[place] += count;
        if (received[place] == total) {
            received[place] = ALL_RECEIVED;
            open--;
        }
        advance();
    }

    private void accept(int phase, int rank, int first, int count, int mask, MemorySegment in, long offset) {
        if (phase == 0 && isReduction()) {
            accumulator.add(rank, first, count, mask, in, offset, group.mesh().packing());
        } else if (kind == OperationKind.ALL_GATHER) {
            target.write(firstColumns[rank], widths[rank], first, count, in, offset);
        } else if (mask == 0) {
            target.write(0, columns, partStart(phase == 0 ? group.rank() : rank) + first, count, in, offset);
        } else {
            Packing packing = group.mesh().packing();
            packing.begin(mask, count, in, offset);
            int at = partStart(rank) + first;
            for (int size = packing.next(); size > 0; size = packing.next()) {
                target.write(0, columns, at, size, packing.words(), 0);
                at += size;
            }
        }
    }

    /** Goes on as far as what has come and gone allows. */
    void advance() {
        if (done) {
            return;
        }
        if (chunked && passedOn >= 0) {
            passOn();
        }
        if (open == 0) {
            if (!chunked) {
                finish();
            }
            done = true;
            group.ended(this);
        }
    }

    /** Hands what is complete of the own chunk to the second phase. */
    private void passOn() {
        int self = group.rank();
        int count = partWords(self);
        int ready = ready(count);
        if (ready - passedOn < PIECE_WORDS && ready < count) {
            return;
        }
        int from = passedOn;
        passedOn = ready == count ? ALL_RECEIVED : ready;
        if (kind == OperationKind.ALL_REDUCE) {
            target.write(0, columns, partStart(self) + from, ready - from, accumulator.combined(ready), from);
        }
        group.send(this, 1, from, ready);
    }

    /** Leading words of the own chunk that are complete. */
    private int ready(int count) {
        int ready = count;
        for (int rank = 0; rank < widths.length; rank++) {
            if (received[rank] >= 0) {
                ready = Math.min(ready, received[rank]);
            }
        }
        return ready;
    }

    private void finish() {
        int self = group.rank();
        switch (kind) {
            case ALL_REDUCE -> accumulator.store(target, words());
            case REDUCE_SCATTER -> accumulator.store(target, rows * widths[self]);
            case ALL_GATHER -> source.copyTo(target, firstColumns[self]);
            case BROADCAST, SEND, RECEIVE, BARRIER -> {}
        }
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

    long wireBytes() {
        return wireBytes;
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
