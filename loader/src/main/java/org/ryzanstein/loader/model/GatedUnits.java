package org.ryzanstein.loader.model;

import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.GateKind;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.loader.parallel.Shard;

/** The middle of a gated feed-forward network (Shazeer, GLU Variants Improve Transformer, 2020): function(gate) * up. */
final class GatedUnits {
    private final GateKind kind;
    private final int count;
    private final Buffer gateUp; // (tokens, 2 * own units), of one zero without units
    private final Spread output; // (tokens, units)

    /**
     * Allocates them.
     *
     * @param gathered whether ranks are to gather the output
     */
    GatedUnits(GateKind kind, Shard shard, KernelBackend backend, int tokens, boolean gathered) {
        this.kind = kind;
        count = shard.ownUnits().count();
        gateUp = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, Math.max(1, 2 * count));
        output = gathered && !shard.isWhole()
                ? Spread.gathered(backend, tokens, shard, shard.feedForward(), 1)
                : inPlace(shard);
    }

    private Spread inPlace(Shard shard) {
        Buffer gates = gateUp.slice(0, Math.max(1, count));
        return shard.isWhole() ? Spread.local(gates) : Spread.parts(gates, shard, shard.feedForward(), 1);
    }

    /** Where this rank's gates and then what they let through are written, side by side. */
    Buffer input() {
        return gateUp;
    }

    Spread output() {
        return output;
    }

    /** Records {@link #output} of {@link #input}. */
    void record(StepRecorder ops) {
        if (count > 0) {
            ops.gate(kind, gateUp.slice(0, count), gateUp.slice(count, count), output.own());
        }
    }
}
