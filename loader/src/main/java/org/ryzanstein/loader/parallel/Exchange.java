package org.ryzanstein.loader.parallel;

import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.StepRecorder;

/**
 * What ranks tell each other in the middle of a step, recorded among its operations. All rows that the step has of a buffer's
 * {@link org.ryzanstein.api.kernel.RowSet} take part.
 */
public interface Exchange {
    /** Of a model that is whole: there is nobody to tell anything. */
    Exchange NONE = new Exchange() {
        @Override
        public void sum(StepRecorder ops, Buffer sums) {}

        @Override
        public void scatter(StepRecorder ops, Buffer sums, int[] columns) {}

        @Override
        public void gather(StepRecorder ops, Buffer whole, int[] columns) {}

        @Override
        public void beginGather(StepRecorder ops, Buffer whole, int[] columns) {}

        @Override
        public void endGather(StepRecorder ops) {}
    };

    /** sums = sum of it over all ranks. INT32. */
    void sum(StepRecorder ops, Buffer sums);

    /**
     * Own columns of sums = sum of them over all ranks; the others stay as they were. INT32.
     *
     * @param columns columns of each rank, in rank order
     */
    void scatter(StepRecorder ops, Buffer sums, int[] columns);

    /**
     * Completes a buffer of which each rank has computed its own columns, in rank order.
     *
     * @param columns columns of each rank
     */
    void gather(StepRecorder ops, Buffer whole, int[] columns);

    /**
     * Begins what {@link #gather} does: until {@link #endGather}, operations may run that leave the buffer alone. No other
     * exchange may come in between.
     */
    void beginGather(StepRecorder ops, Buffer whole, int[] columns);

    /** The buffer of the last {@link #beginGather} is complete then. */
    void endGather(StepRecorder ops);
}
