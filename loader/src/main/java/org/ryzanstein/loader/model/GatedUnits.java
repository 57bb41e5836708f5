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

    GatedUnits(GateKind kind, Shard shard, KernelBackend backend, int tokens) {
        this.kind = kind;
        count = shard.ownUnits().count();
        gateUp = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, Math.max(1, 2 * count));
        output = shard.isWhole()
                ? Spread.local(gateUp.slice(0, count))
                : Spread.allocate(backend, tokens, shard, shard.feedForward(), 1);
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
