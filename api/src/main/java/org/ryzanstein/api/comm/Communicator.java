package org.ryzanstein.api.comm;

import java.time.Duration;
import java.util.List;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ExecutionQueue;

/**
 * A group of ranks that run the same program (SPMD), with the collectives of MPI and NCCL over {@link Buffer}s, FLOAT32 or
 * INT32. All ranks call the same collectives in the same order with the same {@code rows}; the first {@code rows} rows take
 * part. Each call is enqueued behind the queue's earlier work and returns a handle at once; the buffer belongs to the
 * operation until the handle is done. Calls of one rank come from one thread at a time.
 */
public interface Communicator extends AutoCloseable {
    /** This process's number, 0 .. worldSize - 1. */
    int rank();

    int worldSize();

    /** How long an operation may take before it fails, naming the ranks that are missing. */
    void setDeadline(Duration deadline);

    /**
     * buffer = combination over all ranks, the same on every rank. INT32 sums are exact and wrap on overflow; FLOAT32 sums
     * are added in rank order.
     */
    Operation allReduce(Buffer buffer, int rows, ReduceOperation operation, ExecutionQueue queue);

    /**
     * Each rank gives its columns; all get all columns, in rank order, row by row.
     *
     * @param columns columns of each rank: one entry a rank, zero allowed; their sum is {@code receive.columns()}
     */
    Operation allGather(Buffer send, Buffer receive, int[] columns, int rows, ExecutionQueue queue);

    /** As {@link #allReduce}, but each rank receives only its own columns. */
    Operation reduceScatter(
            Buffer send, Buffer receive, int[] columns, int rows, ReduceOperation operation, ExecutionQueue queue);

    /** buffer of all ranks = buffer of {@code root}. */
    Operation broadcast(Buffer buffer, int rows, int root, ExecutionQueue queue);

    Operation send(Buffer buffer, int rows, int peer, ExecutionQueue queue);

    Operation receive(Buffer buffer, int rows, int peer, ExecutionQueue queue);

    /** Returns when all ranks have called it. */
    void barrier();

    /**
     * A communicator of some ranks, called by all ranks of this one alike.
     *
     * @param ranks the members, in the order of their new ranks; must contain this rank
     */
    Communicator group(List<Integer> ranks);

    /** Ends all operations under way with an error; afterwards only {@link #close} may be called. */
    void abort(String reason);

    @Override
    void close();
}
