package org.ryzanstein.loader.parallel;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.Operation;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ExecutionQueue;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.kernel.StepRecorder;

/** Exchanges over a communicator. Belongs to the thread that submits steps. */
public final class GroupExchange implements Exchange {
    private Communicator communicator;
    private int tokens;
    private int outputs;
    private long nanos;
    private @Nullable Operation begun;

    public GroupExchange(Communicator communicator) {
        this.communicator = communicator;
    }

    /** Goes over to another group, in which this rank has the same number. */
    public void use(Communicator next) {
        communicator = next;
    }

    /** Says which step is submitted next. */
    public void begin(StepBatch batch) {
        tokens = batch.tokens();
        outputs = batch.outputs();
        nanos = 0;
    }

    /** Time that this rank spent in the exchanges of the last step, waiting for slower ranks included. */
    public long nanos() {
        return nanos;
    }

    @Override
    public void sum(StepRecorder ops, Buffer sums) {
        record(ops, queue -> communicator.allReduce(sums, rows(sums), ReduceOperation.SUM, queue));
    }

    @Override
    public void scatter(StepRecorder ops, Buffer sums, int[] columns) {
        int[] counts = columns.clone();
        Buffer own = own(sums, counts);
        record(ops, queue -> communicator.reduceScatter(sums, own, counts, rows(sums), ReduceOperation.SUM, queue));
    }

    @Override
    public void gather(StepRecorder ops, Buffer whole, int[] columns) {
        int[] counts = columns.clone();
        Buffer own = own(whole, counts);
        record(ops, queue -> communicator.allGather(own, whole, counts, rows(whole), queue));
    }

    @Override
    public void beginGather(StepRecorder ops, Buffer whole, int[] columns) {
        int[] counts = columns.clone();
        Buffer own = own(whole, counts);
        ops.call(queue -> {
            long start = System.nanoTime();
            begun = communicator.allGather(own, whole, counts, rows(whole), queue);
            nanos += System.nanoTime() - start;
        });
    }

    @Override
    public void endGather(StepRecorder ops) {
        record(ops, _ -> Objects.requireNonNull(begun));
    }

    private Buffer own(Buffer whole, int[] counts) {
        int rank = communicator.rank();
        return whole.slice(Arrays.stream(counts, 0, rank).sum(), counts[rank]);
    }

    private int rows(Buffer buffer) {
        return buffer.rowSet() == RowSet.TOKENS ? tokens : outputs;
    }

    private void record(StepRecorder ops, Function<ExecutionQueue, Operation> collective) {
        ops.call(queue -> {
            long start = System.nanoTime();
            collective.apply(queue).await();
            nanos += System.nanoTime() - start;
        });
    }
}
