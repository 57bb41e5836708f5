package org.ryzanstein.loader.parallel;

import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.StepRecorder;

/** What ranks tell each other in the middle of a step, recorded among its operations. All rows of the step take part. */
public interface Exchange {
    /** Of a model that is whole: there is nobody to tell anything. */
    Exchange NONE = new Exchange() {
        @Override
        public void sum(StepRecorder ops, Buffer sums) {}

        @Override
        public void gather(StepRecorder ops, Buffer whole, int[] columns) {}
    };

    /** sums = sum of it over all ranks. INT32, rows TOKENS. */
    void sum(StepRecorder ops, Buffer sums);

    /**
     * Completes a buffer of which each rank has computed its own columns, in rank order. Rows TOKENS.
     *
     * @param columns columns of each rank
     */
    void gather(StepRecorder ops, Buffer whole, int[] columns);
}
