package org.ryzanstein.loader.parallel;

import java.util.Arrays;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.StepRecorder;

/** Exchanges over a communicator. Belongs to the thread that submits steps. */
public final class GroupExchange implements Exchange {
    private Communicator communicator;
    private int tokens;
    private long nanos;

    public GroupExchange(Communicator communicator) {
        this.communicator = communicator;
    }

    /** Goes over to another group, in which this rank has the same number. */
    public void use(Communicator next) {
        communicator = next;
    }

    /** Says how many tokens the step has that is submitted next. */
    public void begin(int stepTokens) {
        tokens = stepTokens;
        nanos = 0;
    }

    /** Time that this rank spent in the exchanges of the last step, waiting for slower ranks included. */
    public long nanos() {
        return nanos;
    }

    @Override
    public void sum(StepRecorder ops, Buffer sums) {
        ops.call(queue -> {
            long start = System.nanoTime();
            communicator.allReduce(sums, tokens, ReduceOperation.SUM, queue).await();
            nanos += System.nanoTime() - start;
        });
    }

    @Override
    public void gather(StepRecorder ops, Buffer whole, int[] columns) {
        int[] counts = columns.clone();
        int rank = communicator.rank();
        int first = Arrays.stream(counts, 0, rank).sum();
        Buffer own = whole.slice(first, counts[rank]);
        ops.call(queue -> {
            long start = System.nanoTime();
            communicator.allGather(own, whole, counts, tokens, queue).await();
            nanos += System.nanoTime() - start;
        });
    }
}
