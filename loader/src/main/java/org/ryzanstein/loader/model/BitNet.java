package org.ryzanstein.loader.model;

import static org.ryzanstein.loader.parallel.SlicedWeights.rows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.GateKind;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.RopeStyle;
import org.ryzanstein.api.kernel.RopeTable;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.format.TensorSources;
import org.ryzanstein.loader.model.OutputProjections.TernaryOutput;
import org.ryzanstein.loader.parallel.Placement;
import org.ryzanstein.loader.parallel.Range;
import org.ryzanstein.loader.parallel.Shard;

/**
 * BitNet b1.58 as in microsoft/bitnet-b1.58-2B-4T (Ma et al., BitNet b1.58 2B4T Technical Report, 2025): ternary linear layers,
 * grouped-query attention with rotary positions, a squared-ReLU gated feed-forward network, and a norm before each output
 * projection too.
 */
final class BitNet implements Model {
    /** The gains of a norm over the residual stream, all of them and those of the own columns where it can be shared out. */
    private record Gain(VectorWeights whole, @Nullable VectorWeights own) {}

    private record Layer(
            Gain attentionNorm, // (hidden)
            @Nullable MatrixWeights keyQueryValue, // (rows of GroupedQueryAttention's input, hidden)
            TernaryOutput attentionOutput, // heads * headDim -> hidden, with a norm before it
            Gain feedForwardNorm, // (hidden)
            @Nullable MatrixWeights gateUp, // (2 * ffn, hidden)
            TernaryOutput down // ffn -> hidden, with a norm before it
            ) {}

    private final Hyperparameters shape;
    private final Placement placement;
    private final Shard shard;
    private final EmbeddingAndHead ends;
    private final List<Layer> layers = new ArrayList<>();
    private final GroupedQueryAttention attention;
    private final long packedBytes;
    private final WeightTraffic traffic;

    private final Spread x; // residual stream: (tokens, hidden)
    private final GatedUnits units;
    private final Spread projected; // (tokens, hidden)

    private final TernaryLinear fromHidden;
    private final TernaryLinear fromSplitHidden;
    private final OutputProjections attentionOutputs;
    private final OutputProjections feedForwardOutputs;

    static BitNet load(
            ModelFile file,
            Hyperparameters shape,
            Placement placement,
            KernelBackend backend,
            ModelLimits limits,
            WeightPacker.Progress progress) {
        checkSupported(file, shape);
        TensorSources tensors = file.sources();
        BitNet model = new BitNet(shape, placement, tensors, backend, limits, progress);
        tensors.refuseUnclaimed();
        return model;
    }

    private static void checkSupported(ModelFile file, Hyperparameters shape) {
        if (!shape.activation().equals(Optional.of("relu2"))) {
            throw ModelFormatException.of(
                    file.source(), "hidden_act", shape.activation().orElse("nothing"), "relu2");
        }
        if (!shape.ropeScaling().isEmpty()) {
            throw ModelFormatException.of(
                    file.source(), "rope scaling", shape.ropeScaling().toString(), "none for this architecture");
        }
    }

    private BitNet(
            Hyperparameters shape,
            Placement placement,
            TensorSources tensors,
            KernelBackend backend,
            ModelLimits limits,
            WeightPacker.Progress progress) {
        this.shape = shape;
        this.placement = placement;
        shard = placement.shard();
        int hidden = shape.hiddenSize();
        int tokens = limits.maxTokens();
        float epsilon = shape.normEpsilon();

        RopeTable rope =
                RotaryTable.pack(backend, RopeStyle.HALF_SPLIT, limits.contextLength(), shape, Optional.empty(), null);
        attention =
                new GroupedQueryAttention(shape, placement, backend, limits, rope, shard.replicatesAttentionOutput());
        units = new GatedUnits(GateKind.SQUARED_RELU, shard, backend, tokens, false);
        x = residual(backend, tokens);
        projected = residual(backend, tokens);
        int widest = Math.max(attention.input().columns(), units.input().columns());
        fromHidden = new TernaryLinear(
                backend, tokens, TernaryLinear.Input.local(hidden), widest, ContractMath.NORM_BLOCK, epsilon);
        fromSplitHidden = new TernaryLinear(
                backend, TernaryLinear.Input.gathered(shard.residual().counts(1), placement), fromHidden);

        WeightPacker weights = new WeightPacker(tensors, backend, progress);
        attentionOutputs = new OutputProjections(
                backend,
                weights,
                placement,
                attention.output(),
                shard.replicatesAttentionOutput(),
                tokens,
                shape.headDim(),
                epsilon);
        feedForwardOutputs = new OutputProjections(
                backend, weights, placement, units.output(), false, tokens, ContractMath.NORM_BLOCK, epsilon);
        ends = new EmbeddingAndHead(shape, shard, weights, backend, limits);
        for (int i = 0; i < shape.layers(); i++) {
            layers.add(loadLayer(weights, i));
        }
        packedBytes = weights.bytes();
        traffic = weights.traffic();
    }

    private Layer loadLayer(WeightPacker weights, int i) {
        int hidden = shape.hiddenSize();
        int ffn = shape.feedForwardSize();
        int queryWidth = shape.heads() * shape.headDim();
        int kvWidth = shape.kvHeads() * shape.headDim();
        Range queries = shard.ownHeads().times(shape.headDim());
        Range keys = shard.straddlingHeads().keys().times(shape.headDim());
        Range values = shard.straddlingHeads().values().times(shape.headDim());
        Range own = shard.ownUnits();
        return new Layer(
                gain(weights, TensorName.of(TensorRole.ATTENTION_NORM, i)),
                weights.stacked(
                        rows(weights.ternary(TensorRole.ATTENTION_KEY, i, kvWidth, hidden), keys),
                        rows(weights.ternary(TensorRole.ATTENTION_QUERY, i, queryWidth, hidden), queries),
                        rows(weights.ternary(TensorRole.ATTENTION_VALUE, i, kvWidth, hidden), values)),
                attentionOutputs.ternary(
                        weights.ternary(TensorRole.ATTENTION_OUTPUT, i, hidden, queryWidth),
                        TensorName.of(TensorRole.ATTENTION_SUB_NORM, i)),
                gain(weights, TensorName.of(TensorRole.FEED_FORWARD_NORM, i)),
                weights.stacked(
                        rows(weights.ternary(TensorRole.FEED_FORWARD_GATE, i, ffn, hidden), own),
                        rows(weights.ternary(TensorRole.FEED_FORWARD_UP, i, ffn, hidden), own)),
                feedForwardOutputs.ternary(
                        weights.ternary(TensorRole.FEED_FORWARD_DOWN, i, hidden, ffn),
                        TensorName.of(TensorRole.FEED_FORWARD_SUB_NORM, i)));
    }

    private Spread residual(KernelBackend backend, int tokens) {
        return splitsResidual()
                ? Spread.apart(backend, tokens, shard, shard.residual())
                : Spread.gathered(backend, tokens, shard, shard.residual(), 1);
    }

    private Gain gain(WeightPacker weights, TensorName name) {
        int hidden = shape.hiddenSize();
        return new Gain(
                weights.vector(name, hidden), splitsResidual() ? weights.vector(name, hidden, x.range()) : null);
    }

    @Override
    public boolean splitsResidual() {
        return !shard.isWhole() && Arrays.stream(shard.residual().counts(1)).allMatch(columns -> columns > 0);
    }

    @Override
    public void forward(StepRecorder ops, Residual residual) {
        boolean split = residual == Residual.SPLIT;
        if (split && !splitsResidual()) {
            throw new IllegalArgumentException("residual stream of " + shape.hiddenSize()
                    + " columns, expected a block of " + ContractMath.NORM_BLOCK + " for each of " + shard.worldSize()
                    + " ranks");
        }
        ends.recordEmbedding(ops, x.whole());
        if (split) {
            ops.copy(x.whole().slice(x.range().first(), x.range().count()), x.own());
        }
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);

            project(ops, layer.attentionNorm(), layer.keyQueryValue(), attention.input(), split);
            attention.record(ops, i, null, null, shape.normEpsilon());
            addTo(ops, layer.attentionOutput(), split);

            project(ops, layer.feedForwardNorm(), layer.gateUp(), units.input(), split);
            units.record(ops);
            addTo(ops, layer.down(), split);
        }
        if (split) {
            ends.recordHead(ops, x, placement.exchange());
        } else {
            ends.recordHead(ops, x.whole());
        }
    }

    private void project(StepRecorder ops, Gain norm, @Nullable MatrixWeights weights, Buffer out, boolean split) {
        if (split) {
            fromSplitHidden.record(ops, x.own(), norm.own(), weights, out);
        } else if (weights != null) {
            fromHidden.record(ops, x.whole(), norm.whole(), weights, out);
        }
    }

    /** x = x + output. */
    private void addTo(StepRecorder ops, TernaryOutput output, boolean split) {
        if (split) {
            output.recordOwn(ops, projected);
            ops.add(x.own(), projected.own());
        } else {
            output.record(ops, projected.whole());
            ops.add(x.whole(), projected.whole());
        }
    }

    @Override
    public HeadOutput output() {
        return ends.output();
    }

    @Override
    public long packedBytes() {
        return packedBytes;
    }

    @Override
    public WeightTraffic traffic() {
        return traffic;
    }

    @Override
    public long kvBytesPerPosition() {
        return attention.bytesPerPosition();
    }
}
