package org.ryzanstein.loader.model;

import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.StepRecorder;

/** A model whose weights are packed on a backend. */
public interface Model {
    /**
     * Records the forward pass: from the batch's tokens to {@link #output}. The KV cache is read and extended.
     *
     * @param residual how ranks hold the residual stream in it
     */
    void forward(StepRecorder ops, Residual residual);

    /** Whether {@link Residual#SPLIT} can be recorded. */
    boolean splitsResidual();

    /** Where the forward pass leaves what was wanted of each output row. */
    HeadOutput output();

    /** Bytes of the packed weights. */
    long packedBytes();

    /** Bytes of them that a step reads. */
    WeightTraffic traffic();

    /** Bytes of keys and values that one position holds, of all layers. */
    long kvBytesPerPosition();
}
