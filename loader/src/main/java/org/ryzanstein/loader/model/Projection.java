package org.ryzanstein.loader.model;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.VectorWeights;

/** A linear layer with the norm before it, whatever kind of weights it has. */
@FunctionalInterface
interface Projection {
    /**
     * Records out = weights x norm(in), plus a bias if the layer has one.
     *
     * @param in (tokens, columns)
     * @param gain of the norm; null: no norm
     * @param out (tokens, rows)
     */
    void record(StepRecorder ops, Buffer in, @Nullable VectorWeights gain, Buffer out);
}
