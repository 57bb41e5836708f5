package org.ryzanstein.backend.cpu;

import org.ryzanstein.api.kernel.StepBatch;

/** Attention of one query head over one sequence's cache, as {@link org.ryzanstein.api.kernel.StepRecorder#attention}. */
@FunctionalInterface
public interface AttentionKernel {
    /**
     * Attends.
     *
     * @param position the query's own position, the last one seen
     * @return false if a score was not finite; the output is then zero
     */
    boolean run(
            StepBatch batch, int slot, int position, int kvHead, float[] q, int qOffset, float[] out, int outOffset);
}
