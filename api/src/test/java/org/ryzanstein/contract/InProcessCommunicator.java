package org.ryzanstein.contract;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.Consumer;
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
import org.ryzanstein.contract.InProcessWorld.Meeting;

/** A rank of an {@link InProcessWorld}. */
final class InProcessCommunicator implements Communicator {
    private final InProcessWorld world;
    private final String name;
    private final List<Integer> members;
    private final int rank;
    private final OperationTally tally = new OperationTally();
    private final Map<String, Integer> numbers = new HashMap<>();

    private Duration deadline = DEFAULT_DEADLINE;

    /**
     * A rank of a group.
     *
     * @param members the world's numbers of the group's ranks
     */
    InProcessCommunicator(InProcessWorld world, String name, List<Integer> members, int rank) {
        this.world = world;
        this.name = name;
        this.members = members;
        this.rank = rank;
    }

    /** An operation that meets the other ranks' calls. */
    private final class Call implements Operation {
        private final OperationKind kind;
        private final String key;
        private final List<Integer> expected;
        private final long bytes;
        private final Consumer<int[]> end;
        private final long start = System.nanoTime();
        private final long limit = start + deadline.toNanos();
        private final Meeting meeting;

        private Call(
                OperationKind kind, String call, int[] given, long bytes, Reduction reduction, Consumer<int[]> end) {
            this(kind, number("all"), members, call, given, bytes, reduction, end);
        }

        private Call(
                OperationKind kind,
                String key,
                List<Integer> expected,
                String call,
                int[] given,
                long bytes,
                Reduction reduction,
                Consumer<int[]> end) {
            this.kind = kind;
            this.key = key;
            this.expected = expected;
            this.bytes = bytes;
            this.end = end;
            boolean message = kind == OperationKind.SEND || kind == OperationKind.RECEIVE;
            int readers = message ? 1 : expected.size();
            meeting = world.arrive(key, call, expected, members.get(rank), given, readers, (all, order) -> {
                int[][] parts = new int[order.size()][];
                for (int i = 0; i < parts.length; i++) {
                    parts[i] = Objects.requireNonNull(all.given.get(order.get(i)));
                }
                return reduction.combine(parts);
            });
        }

        @Override
        public boolean isDone() {
            return kind == OperationKind.SEND || world.isDone(meeting);
        }

        @Override
        public void await() {
            if (kind != OperationKind.SEND) {
                end.accept(world.await(key, meeting, expected, limit));
            }
            tally.count(kind, bytes, 0, System.nanoTime() - start);
        }
    }

    /** From what the ranks gave, in rank order, to what they get. */
    private interface Reduction {
        int[] combine(int[][] parts);
    }

    private static final Reduction NOTHING = parts -> new int[0];

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int worldSize() {
        return members.size();
    }

    @Override
    public long epoch() {
        return 0;
    }

    @Override
    public void setDeadline(Duration time) {
        if (!time.isPositive()) {
            throw new IllegalArgumentException("deadline " + time + " is not positive");
        }
        deadline = time;
    }

    @Override
    public Duration deadline() {
        return deadline;
    }

    private String number(String sequence) {
        return name + "/" + sequence + "/" + numbers.merge(sequence, 1, Integer::sum);
    }

    private static long bytes(Buffer buffer, int rows) {
        return (long) rows * buffer.columns() * ElementType.BYTES;
    }

    private static String shape(Buffer buffer, int rows) {
        return buffer.elementType() + " " + rows + " x " + buffer.columns();
    }

    @Override
    public Operation allReduce(Buffer buffer, int firstRow, int rows, ReduceOperation operation, ExecutionQueue queue) {
        int[] own = Words.read(buffer, firstRow, rows);
        return new Call(
                OperationKind.ALL_REDUCE,
                "all-reduce " + operation + " of " + shape(buffer, rows),
                own,
                bytes(buffer, rows),
                parts -> Words.reduce(buffer.elementType(), operation, parts),
                all -> Words.write(all, buffer, firstRow, rows));
    }

    @Override
    public Operation allGather(
            Buffer send, Buffer receive, int[] columns, int firstRow, int rows, ExecutionQueue queue) {
        checkColumns(columns, receive.columns(), send.columns());
        checkTypes(send, receive);
        Words.check(receive, firstRow, rows);
        return new Call(
                OperationKind.ALL_GATHER,
                "all-gather of " + shape(receive, rows) + " as " + Arrays.toString(columns),
                Words.read(send, firstRow, rows),
                bytes(receive, rows),
                parts -> Words.joinColumns(parts, columns, rows),
                all -> Words.write(all, receive, firstRow, rows));
    }

    private static void checkTypes(Buffer send, Buffer receive) {
        if (send.elementType() != receive.elementType()) {
            throw new IllegalArgumentException(
                    "send has " + send.elementType() + ", receive has " + receive.elementType());
        }
    }

    private void checkColumns(int[] columns, int whole, int own) {
        if (columns.length != worldSize()
                || Arrays.stream(columns).anyMatch(count -> count < 0)
                || Arrays.stream(columns).sum() != whole
                || columns[rank] != own) {
            throw new IllegalArgumentException("columns " + Arrays.toString(columns) + " of " + worldSize()
                    + " ranks, expected a sum of " + whole + " and " + own + " for rank " + rank);
        }
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
        checkColumns(columns, send.columns(), receive.columns());
        checkTypes(send, receive);
        Words.check(receive, firstRow, rows);
        int first = Arrays.stream(columns, 0, rank).sum();
        return new Call(
                OperationKind.REDUCE_SCATTER,
                "reduce-scatter " + operation + " of " + shape(send, rows) + " as " + Arrays.toString(columns),
                Words.read(send, firstRow, rows),
                bytes(send, rows),
                parts -> Words.reduce(send.elementType(), operation, parts),
                all -> Words.write(Words.columns(all, send.columns(), first, columns[rank]), receive, firstRow, rows));
    }

    @Override
    public Operation broadcast(Buffer buffer, int firstRow, int rows, int root, ExecutionQueue queue) {
        Objects.checkIndex(root, worldSize());
        return new Call(
                OperationKind.BROADCAST,
                "broadcast from " + root + " of " + shape(buffer, rows),
                Words.read(buffer, firstRow, rows),
                bytes(buffer, rows),
                parts -> parts[root],
                all -> Words.write(all, buffer, firstRow, rows));
    }

    @Override
    public Operation send(Buffer buffer, int firstRow, int rows, int peer, ExecutionQueue queue) {
        return message(OperationKind.SEND, buffer, firstRow, rows, rank, checkPeer(peer), all -> {});
    }

    @Override
    public Operation receive(Buffer buffer, int firstRow, int rows, int peer, ExecutionQueue queue) {
        return message(
                OperationKind.RECEIVE,
                buffer,
                firstRow,
                rows,
                checkPeer(peer),
                rank,
                all -> Words.write(all, buffer, firstRow, rows));
    }

    private int checkPeer(int peer) {
        if (Objects.checkIndex(peer, worldSize()) == rank) {
            throw new IllegalArgumentException("rank " + rank + " is its own peer");
        }
        return peer;
    }

    private Operation message(
            OperationKind kind, Buffer buffer, int firstRow, int rows, int from, int to, Consumer<int[]> end) {
        return new Call(
                kind,
                number(from + ">" + to),
                List.of(members.get(from), members.get(to)),
                "message of " + shape(buffer, rows),
                Words.read(buffer, firstRow, rows),
                bytes(buffer, rows),
                parts -> parts[0],
                end);
    }

    @Override
    public Operation barrier(ExecutionQueue queue) {
        return new Call(OperationKind.BARRIER, "barrier", new int[0], 0, NOTHING, all -> {});
    }

    @Override
    public Communicator group(List<Integer> ranks) {
        List<Integer> part = List.copyOf(ranks);
        if (!part.contains(rank)
                || new HashSet<>(part).size() != part.size()
                || !part.stream().allMatch(member -> member >= 0 && member < worldSize())) {
            throw new IllegalArgumentException("group " + part + " of " + worldSize() + " ranks, made by rank " + rank);
        }
        int[] wanted = new int[worldSize()];
        for (int i = 0; i < part.size(); i++) {
            wanted[part.get(i)] = i + 1;
        }
        int[] lists = new int[worldSize() * worldSize()];
        int[] columns = new int[worldSize()];
        Arrays.fill(columns, worldSize());
        allGather(row(wanted), row(lists), columns, 1, HostQueue.INSTANCE).await();
        for (int member : part) {
            if (!Arrays.equals(lists, member * worldSize(), (member + 1) * worldSize(), wanted, 0, worldSize())) {
                world.fail(new CommunicationException(
                        Kind.MISMATCH,
                        members.get(member),
                        "rank " + member + " made another group than rank " + rank + ", which made " + part));
            }
        }
        world.refuseAfterFailure();
        return new InProcessCommunicator(
                world, number("group") + part, part.stream().map(members::get).toList(), part.indexOf(rank));
    }

    private static HostMemory row(int[] words) {
        return HostMemory.matrix(MemorySegment.ofArray(words), ElementType.INT32, 1, words.length, words.length);
    }

    @Override
    public void abort(String reason) {
        int own = members.get(rank);
        world.fail(new CommunicationException(Kind.ABORTED, own, "rank " + own + " aborted: " + reason));
    }

    @Override
    public Optional<CommunicationException> failure() {
        return world.failure();
    }

    @Override
    public SortedSet<Integer> deadRanks() {
        return world.dead();
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
        return LinkSpeed.ALONE;
    }

    @Override
    public String describe() {
        return "in process, rank " + rank + " of " + worldSize();
    }

    @Override
    public void close() {
        if (name.isEmpty()) {
            world.leave(members.get(rank));
        }
    }
}
