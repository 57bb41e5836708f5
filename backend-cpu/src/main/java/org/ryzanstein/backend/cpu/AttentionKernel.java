package org.ryzanstein.backend.cpu;

import org.ryzanstein.api.kernel.StepBatch;

/** Attention over one sequence's cache, on one thread, as {@link org.ryzanstein.api.kernel.StepRecorder#attention}. */
@FunctionalInterface
public interface AttentionKernel {
    /**
     * Attends for the queries of a tile. Where a query's score is not finite, its output is zero and the tile notes a fault.
     *
     * @param layer the layer of the cache
     */
    void run(StepBatch batch, int layer, QueryTile tile);
}
