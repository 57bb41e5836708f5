package org.ryzanstein.loader.model;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.parallel.Placement;
import org.ryzanstein.loader.parallel.Range;
import org.ryzanstein.loader.parallel.Shard;
import org.ryzanstein.loader.parallel.SlicedWeights;

/**
 * The linear layers at the end of a block, from what the ranks have computed by parts to a row that each rank has whole
 * (docs/distributed.md). Ternary matrices are cut by columns: the sums are integers, so they may be added in any order. Others
 * are cut by rows, after their input was gathered, so that each product runs over the whole row in the order that the
 * numerics contract fixes. All layers share the scratch buffers.
 */
final class OutputProjections {
    /** One layer's projection. */
    @FunctionalInterface
    interface Output {
        /**
         * Records out = weights x norm(input).
         *
         * @param out (tokens, rows), whole on each rank afterwards
         */
        void record(StepRecorder ops, Buffer out);
    }

    /** That of a ternary matrix, whose rows may be shared out, too. */
    interface TernaryOutput extends Output {
        /** As {@link #record}, but each rank completes its own columns of {@code out} only. */
        void recordOwn(StepRecorder ops, Spread out);
    }

    /**
     * A ternary projection.
     *
     * @param before what has to be gathered for it
     * @param in what it reads
     */
    private record Ternary(
            Consumer<StepRecorder> before,
            TernaryLinear layer,
            Buffer in,
            @Nullable VectorWeights gain,
            MatrixWeights matrix)
            implements TernaryOutput {
        @Override
        public void record(StepRecorder ops, Buffer out) {
            before.accept(ops);
            layer.record(ops, in, gain, matrix, out);
        }

        @Override
        public void recordOwn(StepRecorder ops, Spread out) {
            before.accept(ops);
            layer.recordOwn(ops, in, gain, matrix, out);
        }
    }

    private final KernelBackend backend;
    private final WeightPacker weights;
    private final Placement placement;
    private final Spread input;
    private final boolean replicated;
    private final int tokens;
    private final int normBlock;
    private final float epsilon;
    private @Nullable TernaryLinear ternary;

    /**
     * Allocates nothing yet.
     *
     * @param input what the layers read
     * @param replicated whether each rank holds the whole matrices
     * @param normBlock columns of a block in the norm's sum of squares
     */
    OutputProjections(
            KernelBackend backend,
            WeightPacker weights,
            Placement placement,
            Spread input,
            boolean replicated,
            int tokens,
            int normBlock,
            float epsilon) {
        this.backend = backend;
        this.weights = weights;
        this.placement = placement;
        this.input = input;
        this.replicated = replicated;
        this.tokens = tokens;
        this.normBlock = normBlock;
        this.epsilon = epsilon;
    }

    /** A layer of whatever kind of weights, without a norm. */
    Output load(WeightSource source) {
        return source instanceof WeightSource.Ternary digits ? ternary(digits, null) : dense(source);
    }

    /**
     * A ternary layer.
     *
     * @param norm the gains of the norm over its input; null: no norm
     */
    TernaryOutput ternary(WeightSource.Ternary source, @Nullable TensorName norm) {
        int whole = input.width();
        if (input.isLocal() || replicated) {
            VectorWeights gain = norm == null ? null : weights.vector(norm, whole);
            MatrixWeights matrix = weights.ternary(source);
            TernaryLinear layer = ternaryLayer(source.rows(), TernaryLinear.Input.local(whole));
            return new Ternary(this::gatherInput, layer, input.whole(), gain, matrix);
        }
        VectorWeights gain = norm == null ? null : weights.vector(norm, whole, input.range());
        MatrixWeights matrix = weights.ternary(SlicedWeights.columns(source, input.range()));
        TernaryLinear layer = ternaryLayer(source.rows(), TernaryLinear.Input.sharded(input.columns(), placement));
        return new Ternary(ops -> {}, layer, input.own(), gain, matrix);
    }

    private TernaryLinear ternaryLayer(int rows, TernaryLinear.Input columns) {
        TernaryLinear layer = ternary;
        if (layer == null) {
            layer = new TernaryLinear(backend, tokens, columns, rows, normBlock, epsilon);
            ternary = layer;
        }
        return layer;
    }

    private Output dense(WeightSource source) {
        Shard shard = placement.shard();
        if (shard.isWhole() || replicated) {
            MatrixWeights matrix = weights.linear(source);
            return (ops, out) -> {
                gatherInput(ops);
                ops.linear(input.whole(), matrix, out);
            };
        }
        Range rows = shard.ownHidden();
        int[] allRows = shard.hidden().counts(1);
        MatrixWeights matrix = rows.isEmpty() ? null : weights.linear(SlicedWeights.rows(source, rows));
        return (ops, out) -> {
            gatherInput(ops);
            if (matrix != null) {
                ops.linear(input.whole(), matrix, out.slice(rows.first(), rows.count()));
            }
            placement.exchange().gather(ops, out, allRows);
        };
    }

    private void gatherInput(StepRecorder ops) {
        if (!input.isLocal()) {
            placement.exchange().gather(ops, input.whole(), input.columns());
        }
    }
}
