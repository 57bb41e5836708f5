package org.ryzanstein.comm.tcp;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.CommunicationException.Kind;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.comm.LinkSpeed;
import org.ryzanstein.api.comm.Operation;
import org.ryzanstein.api.comm.OperationKind;
import org.ryzanstein.api.comm.OperationStatistics;
import org.ryzanstein.api.comm.OperationTally;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.ExecutionQueue;

/** A group of ranks of a {@link Mesh}: numbers its calls and starts them. */
final class TcpCommunicator implements Communicator {
    private static final int NO_MEMBER = -1;

    private final Mesh mesh;
    private final int id;
    private final int[] members;
    private final int[] rankOf;
    private final int rank;
    private final boolean whole;
    private final OperationRing collectives = new OperationRing();
    private final OperationRing[] receives;
    private final int[] sendSequences;
    private final int[] receiveSequences;
    private final ArrayDeque<TcpOperation> free = new ArrayDeque<>();
    private final OperationTally tally = new OperationTally();

    private int sequence;
    private Tuning tuning;
    private Duration deadline = DEFAULT_DEADLINE;
    private long deadlineNanos = DEFAULT_DEADLINE.toNanos();
    private boolean closed;

    /**
     * A group.
     *
     * @param members ranks of the mesh, in the order of the group's ranks
     * @param whole whether closing it closes the mesh
     */
    TcpCommunicator(Mesh mesh, int id, int[] members, boolean whole, Tuning tuning) {
        this.mesh = mesh;
        this.id = id;
        this.members = members.clone();
        this.whole = whole;
        this.tuning = tuning;
        rankOf = new int[mesh.worldSize()];
        Arrays.fill(rankOf, NO_MEMBER);
        for (int i = 0; i < members.length; i++) {
            rankOf[members[i]] = i;
        }
        rank = rankOf[mesh.rank()];
        receives = new OperationRing[members.length];
        Arrays.setAll(receives, peer -> new OperationRing());
        sendSequences = new int[members.length];
        receiveSequences = new int[members.length];
        mesh.add(this);
    }

    void tune(Tuning measured) {
        tuning = measured;
    }

    Mesh mesh() {
        return mesh;
    }

    int id() {
        return id;
    }

    int rankOf(int member) {
        return rankOf[member];
    }

    @Nullable
    TcpOperation underWay(boolean message, int sender, int number) {
        return message ? receives[sender].get(number) : collectives.get(number);
    }

    int nextSequence(boolean message, int sender) {
        return message ? receiveSequences[sender] : sequence;
    }

    CommunicationException fail(Kind kind, int peer, String message) {
        int member = members[peer];
        return mesh.fail(kind, member, "rank " + member + " " + message);
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int worldSize() {
        return members.length;
    }

    @Override
    public long epoch() {
        return mesh.epoch();
    }

    @Override
    public void setDeadline(Duration time) {
        if (!time.isPositive()) {
            throw new IllegalArgumentException("deadline " + time + " is not positive");
        }
        deadline = time;
        deadlineNanos = time.toNanos();
    }

    @Override
    public Duration deadline() {
        return deadline;
    }

    private TcpOperation free() {
        if (closed || mesh.isClosed()) {
            throw new IllegalStateException("the communicator is closed");
        }
        mesh.refuseAfterFailure();
        TcpOperation operation = free.pollFirst();
        return operation == null ? new TcpOperation(this) : operation;
    }

    /** Sends what can be sent at once. */
    private Operation start(TcpOperation operation, long begun) {
        operation.expect(begun + deadlineNanos);
        sendFirst(operation);
        operation.advance();
        try {
            for (int peer = 0; peer < members.length; peer++) {
                if (operation.goesTo(0, peer)) {
                    mesh.channel(members[peer]).pump();
                }
            }
        } catch (InternalError e) {
            throw mesh.lost(e);
        }
        mesh.unstall();
        operation.spent(System.nanoTime() - begun);
        return operation;
    }

    /** Puts the messages of the first phase in line. */
    private void sendFirst(TcpOperation operation) {
        // Each rank begins with its successor, so that not all of them write to the same one at first.
        for (int step = 1; step < members.length; step++) {
            int peer = (rank + step) % members.length;
            if (operation.goesTo(0, peer)) {
                mesh.channel(members[peer]).enqueue(operation, 0, 0, operation.outgoingWords(0, peer));
            }
        }
    }

    /** Puts words of the messages of a phase in line, which are the same for all peers. */
    void send(TcpOperation operation, int phase, int from, int end) {
        for (int step = 1; step < members.length; step++) {
            int peer = (rank + step) % members.length;
            if (operation.goesTo(phase, peer)) {
                mesh.channel(members[peer]).enqueue(operation, phase, from, end);
            }
        }
    }

    /** Nothing more will come for it. */
    void ended(TcpOperation operation) {
        switch (operation.kind()) {
            case SEND -> {}
            case RECEIVE -> receives[operation.peer()].remove(operation);
            default -> collectives.remove(operation);
        }
    }

    boolean isDone(TcpOperation operation) {
        if (!operation.done() && mesh.failure().isEmpty()) {
            long begun = System.nanoTime();
            try {
                if (mesh.isOver(this, operation)) {
                    return true;
                }
            } catch (CommunicationException e) {
                // The mesh keeps it; await throws it.
                return true;
            }
            operation.spent(System.nanoTime() - begun);
        }
        return operation.done() || mesh.failure().isPresent();
    }

    void await(TcpOperation operation) {
        long begun = System.nanoTime();
        mesh.await(this, operation);
        tally.count(
                operation.kind(),
                (long) operation.rows() * operation.columns() * ElementType.BYTES,
                operation.wireBytes(),
                operation.busyNanos() + System.nanoTime() - begun);
        free.addFirst(operation);
    }

    @Override
    public Operation allReduce(Buffer buffer, int firstRow, int rows, ReduceOperation operation, ExecutionQueue queue) {
        long begun = System.nanoTime();
        queue.await();
        TcpOperation call = free();
        set(call, call.source(), buffer, firstRow, rows);
        set(call, call.target(), buffer, firstRow, rows);
        call.begin(OperationKind.ALL_REDUCE, sequence, call.source());
        call.elements(buffer.elementType());
        call.reduce(operation);
        call.chunked(members.length > 1 && tuning.chunked(call.source().bytes()));
        call.packs(tuning.packed(call.source().bytes()));
        return collective(call, begun);
    }

    private Operation collective(TcpOperation call, long begun) {
        sequence++;
        collectives.put(call);
        return start(call, begun);
    }

    /** A refused argument gives the unused operation back. */
    private void set(TcpOperation call, Matrix matrix, Buffer buffer, int firstRow, int rows) {
        try {
            matrix.set(buffer, firstRow, rows);
        } catch (IllegalArgumentException e) {
            free.addFirst(call);
            throw e;
        }
    }

    @Override
    public Operation allGather(
            Buffer send, Buffer receive, int[] columns, int firstRow, int rows, ExecutionQueue queue) {
        long begun = System.nanoTime();
        checkSplit(send, receive, columns, receive.columns(), send.columns());
        queue.await();
        TcpOperation call = free();
        set(call, call.source(), send, firstRow, rows);
        set(call, call.target(), receive, firstRow, rows);
        call.begin(OperationKind.ALL_GATHER, sequence, call.target());
        call.elements(receive.elementType());
        call.split(columns);
        return collective(call, begun);
    }

    @Override
    public Operation reduceScatter(
            Buffer send,
            Buffer receive,
            int[] columns,
            int firstRow,
            int rows,
            ReduceOperation operation,
            ExecutionQueue queue) {
        long begun = System.nanoTime();
        checkSplit(send, receive, columns, send.columns(), receive.columns());
        queue.await();
        TcpOperation call = free();
        set(call, call.source(), send, firstRow, rows);
        set(call, call.target(), receive, firstRow, rows);
        call.begin(OperationKind.REDUCE_SCATTER, sequence, call.source());
        call.elements(send.elementType());
        call.reduce(operation);
        call.packs(tuning.packed(call.source().bytes()));
        call.split(columns);
        return collective(call, begun);
    }

    private void checkSplit(Buffer send, Buffer receive, int[] columns, int all, int own) {
        if (columns.length != members.length) {
            throw new IllegalArgumentException(
                    "columns of " + columns.length + " ranks, expected those of " + members.length);
        }
        long sum = 0;
        for (int count : columns) {
            if (count < 0) {
                throw new IllegalArgumentException("columns " + Arrays.toString(columns));
            }
            sum += count;
        }
        if (sum != all) {
            throw new IllegalArgumentException(
                    "columns " + Arrays.toString(columns) + " are " + sum + " in all, expected " + all);
        }
        if (columns[rank] != own) {
            throw new IllegalArgumentException("columns " + Arrays.toString(columns) + " give rank " + rank + " "
                    + columns[rank] + ", its buffer has " + own);
        }
        if (send.elementType() != receive.elementType()) {
            throw new IllegalArgumentException(
                    "send has " + send.elementType() + ", receive has " + receive.elementType());
        }
    }

    @Override
    public Operation broadcast(Buffer buffer, int firstRow, int rows, int root, ExecutionQueue queue) {
        long begun = System.nanoTime();
        Objects.checkIndex(root, members.length);
        queue.await();
        TcpOperation call = free();
        set(call, call.source(), buffer, firstRow, rows);
        set(call, call.target(), buffer, firstRow, rows);
        call.begin(OperationKind.BROADCAST, sequence, call.source());
        call.elements(buffer.elementType());
        call.root(root);
        call.chunked(tuning.chunkedBroadcast(call.source().bytes()));
        return collective(call, begun);
    }

    @Override
    public Operation send(Buffer buffer, int firstRow, int rows, int peer, ExecutionQueue queue) {
        long begun = System.nanoTime();
        checkPeer(peer);
        queue.await();
        TcpOperation call = free();
        set(call, call.source(), buffer, firstRow, rows);
        call.begin(OperationKind.SEND, sendSequences[peer], call.source());
        call.elements(buffer.elementType());
        call.peer(peer);
        sendSequences[peer]++;
        return start(call, begun);
    }

    @Override
    public Operation receive(Buffer buffer, int firstRow, int rows, int peer, ExecutionQueue queue) {
        long begun = System.nanoTime();
        checkPeer(peer);
        queue.await();
        TcpOperation call = free();
        set(call, call.target(), buffer, firstRow, rows);
        call.begin(OperationKind.RECEIVE, receiveSequences[peer], call.target());
        call.elements(buffer.elementType());
        call.peer(peer);
        receiveSequences[peer]++;
        receives[peer].put(call);
        return start(call, begun);
    }

    private void checkPeer(int peer) {
        if (Objects.checkIndex(peer, members.length) == rank) {
            throw new IllegalArgumentException("rank " + rank + " is its own peer");
        }
    }

    @Override
    public Operation barrier(ExecutionQueue queue) {
        long begun = System.nanoTime();
        queue.await();
        TcpOperation call = free();
        call.source().clear();
        call.target().clear();
        call.begin(OperationKind.BARRIER, sequence, call.source());
        return collective(call, begun);
    }

    @Override
    public Communicator group(List<Integer> ranks) {
        List<Integer> part = List.copyOf(ranks);
        if (!part.contains(rank)
                || new HashSet<>(part).size() != part.size()
                || !part.stream().allMatch(member -> member >= 0 && member < members.length)) {
            throw new IllegalArgumentException(
                    "group " + part + " of " + members.length + " ranks, made by rank " + rank);
        }
        // Each rank says which place every rank has in its list, and the lowest number that it has free for a group.
        int size = members.length;
        int[] wanted = new int[size + 1];
        for (int i = 0; i < part.size(); i++) {
            wanted[part.get(i)] = i + 1;
        }
        wanted[size] = mesh.nextGroup();
        int[] all = new int[size * (size + 1)];
        int[] ones = new int[size];
        Arrays.fill(ones, 1);
        // Rows are the entries, columns the ranks.
        HostMemory receive = HostMemory.matrix(MemorySegment.ofArray(all), ElementType.INT32, size + 1, size, size);
        allGather(HostMemory.of(wanted), receive, ones, size + 1, HostQueue.INSTANCE)
                .await();
        int number = 0;
        for (int member = 0; member < size; member++) {
            number = Math.max(number, all[size * size + member]);
        }
        for (int member : part) {
            for (int entry = 0; entry < size; entry++) {
                if (all[entry * size + member] != wanted[entry]) {
                    throw fail(
                            Kind.MISMATCH,
                            member,
                            "made another group than rank " + members[rank] + ", which made " + part);
                }
            }
        }
        return new TcpCommunicator(
                mesh,
                number,
                part.stream().mapToInt(member -> members[member]).toArray(),
                false,
                Tuning.of(tuning.speed(), part.size()));
    }

    @Override
    public void abort(String reason) {
        var _ = mesh.fail(Kind.ABORTED, mesh.rank(), "rank " + mesh.rank() + " aborted: " + reason);
    }

    @Override
    public Optional<CommunicationException> failure() {
        return mesh.failure();
    }

    @Override
    public SortedSet<Integer> deadRanks() {
        return mesh.deadRanks();
    }

    @Override
    public List<OperationStatistics> statistics() {
        return tally.statistics();
    }

    @Override
    public void resetStatistics() {
        tally.reset();
    }

    @Override
    public LinkSpeed linkSpeed() {
        return tuning.speed();
    }

    @Override
    public String describe() {
        StringBuilder text = new StringBuilder("tcp, rank " + rank + " of " + members.length + ", epoch " + epoch());
        if (members.length > 1) {
            text.append(String.format(
                    Locale.ROOT,
                    ", %s, latency %.1f us, %.2f GB/s, all-reduce in chunks from %s, broadcast from %s, 16 bits from %s, %s",
                    mesh.transport(),
                    tuning.speed().latencyNanos() / 1e3,
                    tuning.speed().bytesPerSecond() / 1e9,
                    Tuning.describe(tuning.chunkedFromBytes()),
                    Tuning.describe(tuning.chunkedBroadcastFromBytes()),
                    Tuning.describe(tuning.packedFromBytes()),
                    mesh.waiting().reason()));
        }
        return text.toString();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (whole) {
            mesh.close();
        } else {
            mesh.remove(this);
        }
    }
}
