package org.ryzanstein.api.comm;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ExecutionQueue;

/**
 * A group of ranks that run the same program (SPMD), with the collectives of MPI and NCCL over {@link Buffer}s, FLOAT32 or
 * INT32.
 *
 * <p><b>Order.</b> All ranks call the same collectives of a communicator in the same order, with the same sizes. Sends and
 * receives between two ranks match in their order. Calls of one rank, those to its groups included, come from one thread at a
 * time; which thread may change.
 *
 * <p><b>What takes part.</b> The rows {@code firstRow .. firstRow + rows} of a buffer, all its columns; a column view
 * ({@link Buffer#slice}) takes part without a copy of the whole. An array is a {@link HostMemory}. Nothing else is read or
 * written. Zero rows or columns are allowed.
 *
 * <p><b>Asynchrony.</b> Each call is enqueued behind the queue's earlier work and returns a handle at once. The buffers and
 * the array of columns belong to the operation until the handle was awaited. Several handles may be open and may be awaited
 * in any order. Data moves in the calls and while any handle is awaited; how much moves in between is the transport's matter.
 *
 * <p><b>Failure.</b> A dead rank, a missed deadline, a call that does not match, and {@link #abort} end every operation under
 * way with a {@link CommunicationException}, on all ranks, in all groups of one formation; it comes out of the call or of
 * await. After a failure the only way on is {@link #close} and a new formation with a higher epoch. Arguments that can't be right on their own (a row outside the
 * buffer) are an IllegalArgumentException instead, and nothing has happened then.
 */
public interface Communicator extends AutoCloseable {
    /** The deadline of operations before {@link #setDeadline} is called. */
    Duration DEFAULT_DEADLINE = Duration.ofSeconds(60);

    /** This process's number, 0 .. worldSize - 1. */
    int rank();

    int worldSize();

    /** Number of this formation, as in {@link Rendezvous#epoch}; the groups have it too. */
    long epoch();

    /**
     * How long each operation that is started from now on may take, from its call on. An operation that is not done by then
     * fails, naming the ranks that are missing. Only waiting counts: a handle that is done when it is awaited late is fine.
     */
    void setDeadline(Duration deadline);

    Duration deadline();

    /**
     * buffer = combination over all ranks, the same bits on every rank. INT32 sums are exact and wrap on overflow; FLOAT32
     * sums are ((x0 + x1) + x2) + ... in rank order; the maximum is that of {@link Math#max(float, float)}, so NaN wins.
     */
    Operation allReduce(Buffer buffer, int firstRow, int rows, ReduceOperation operation, ExecutionQueue queue);

    /** All rows from 0. */
    default Operation allReduce(Buffer buffer, int rows, ReduceOperation operation, ExecutionQueue queue) {
        return allReduce(buffer, 0, rows, operation, queue);
    }

    /**
     * Each rank gives its columns; all get all columns, in rank order, row by row. {@code send} may be this rank's own
     * columns of {@code receive}; otherwise they must not overlap.
     *
     * @param columns columns of each rank: one entry a rank, zero allowed; their sum is {@code receive.columns()}
     */
    Operation allGather(Buffer send, Buffer receive, int[] columns, int firstRow, int rows, ExecutionQueue queue);

    /** All rows from 0. */
    default Operation allGather(Buffer send, Buffer receive, int[] columns, int rows, ExecutionQueue queue) {
        return allGather(send, receive, columns, 0, rows, queue);
    }

    /**
     * As {@link #allReduce}, but each rank receives only its own columns. {@code receive} may be this rank's own columns of
     * {@code send}; otherwise they must not overlap. The rest of {@code send} stays as it was.
     *
     * @param columns columns of each rank: one entry a rank, zero allowed; their sum is {@code send.columns()}
     */
    Operation reduceScatter(
            Buffer send,
            Buffer receive,
            int[] columns,
            int firstRow,
            int rows,
            ReduceOperation operation,
            ExecutionQueue queue);

    /** All rows from 0. */
    default Operation reduceScatter(
            Buffer send, Buffer receive, int[] columns, int rows, ReduceOperation operation, ExecutionQueue queue) {
        return reduceScatter(send, receive, columns, 0, rows, operation, queue);
    }

    /** buffer of all ranks = buffer of {@code root}. */
    Operation broadcast(Buffer buffer, int firstRow, int rows, int root, ExecutionQueue queue);

    /** All rows from 0. */
    default Operation broadcast(Buffer buffer, int rows, int root, ExecutionQueue queue) {
        return broadcast(buffer, 0, rows, root, queue);
    }

    /** Done when the buffer may be changed again, which says nothing about the peer. */
    Operation send(Buffer buffer, int firstRow, int rows, int peer, ExecutionQueue queue);

    /** All rows from 0. */
    default Operation send(Buffer buffer, int rows, int peer, ExecutionQueue queue) {
        return send(buffer, 0, rows, peer, queue);
    }

    Operation receive(Buffer buffer, int firstRow, int rows, int peer, ExecutionQueue queue);

    /** All rows from 0. */
    default Operation receive(Buffer buffer, int rows, int peer, ExecutionQueue queue) {
        return receive(buffer, 0, rows, peer, queue);
    }

    /** Done when all ranks have called it. */
    Operation barrier(ExecutionQueue queue);

    /** Returns when all ranks have called it. */
    default void barrier() {
        barrier(HostQueue.INSTANCE).await();
    }

    /**
     * Splits this communicator (MPI_Comm_split, ncclCommSplit): every rank of it calls this once, with the list of its own
     * part. Lists of two ranks are equal or disjoint; a rank that has no use for a group names itself alone. Waits for all
     * ranks. Operations of different groups may be called in any order.
     *
     * @param ranks members as ranks of this communicator, in the order of their new ranks; contains this rank
     */
    Communicator group(List<Integer> ranks);

    /**
     * Ends all operations under way with an error, on all ranks and in all groups of this formation; each names this rank and
     * the reason. May be called from any thread. Afterwards only {@link #close} and the reports may be called.
     */
    void abort(String reason);

    /** Why nothing can be done here any more, as soon as it is known: a rank died while nothing was under way, for example. */
    Optional<CommunicationException> failure();

    /** The ranks that are known to be dead: their connection is closed, or no sign of life came for too long. */
    SortedSet<Integer> deadRanks();

    /** What was done since it was opened or reset, one entry for each kind that occurred. Groups count for themselves. */
    List<OperationStatistics> statistics();

    void resetStatistics();

    /** Speed between the ranks as measured when the group was formed: the same figures on every rank. */
    LinkSpeed linkSpeed();

    /** One line for logs and reports: transport, peers, measured speed, what was chosen because of it. */
    String describe();

    /**
     * Leaves the group. What was sent before still arrives; ranks that wait for more of this rank get an error that names it.
     * Closing a group leaves the communicator that it was made of open.
     */
    @Override
    void close();
}
