package org.ryzanstein.loader.model;

import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.StepRecorder;

/** A model whose weights are packed on a backend. */
public interface Model {
    /**
     * Records the forward pass: from the batch's tokens to {@link #output}. The KV cache is read and extended.
     */
    void forward(StepRecorder ops);

    /** Where the forward pass leaves what was wanted of each output row. */
    HeadOutput output();

    /** Bytes of the packed weights. */
    long packedBytes();

    /** Bytes of them that a step reads. */
    WeightTraffic traffic();

    /** Bytes of keys and values that one position holds, of all layers. */
    long kvBytesPerPosition();
}
