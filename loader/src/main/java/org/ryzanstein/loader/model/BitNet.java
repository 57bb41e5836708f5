package org.ryzanstein.loader.model;

import static org.ryzanstein.loader.parallel.SlicedWeights.rows;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.GateKind;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.RopeStyle;
import org.ryzanstein.api.kernel.RopeTable;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.format.TensorSources;
import org.ryzanstein.loader.model.OutputProjections.Output;
import org.ryzanstein.loader.parallel.Placement;
import org.ryzanstein.loader.parallel.Range;
import org.ryzanstein.loader.parallel.Shard;

/**
 * BitNet b1.58 as in microsoft/bitnet-b1.58-2B-4T (Ma et al., BitNet b1.58 2B4T Technical Report, 2025): ternary linear layers,
 * grouped-query attention with rotary positions, a squared-ReLU gated feed-forward network, and a norm before each output
 * projection too.
 */
final class BitNet implements Model {
    private record Layer(
            VectorWeights attentionNorm, // (hidden)
            @Nullable MatrixWeights queryKeyValue, // (heads * headDim + 2 * kvHeads * headDim, hidden)
            Output attentionOutput, // heads * headDim -> hidden, with a norm before it
            VectorWeights feedForwardNorm, // (hidden)
            @Nullable MatrixWeights gateUp, // (2 * ffn, hidden)
            Output down // ffn -> hidden, with a norm before it
            ) {}

    private final Hyperparameters shape;
    private final Shard shard;
    private final EmbeddingAndHead ends;
    private final List<Layer> layers = new ArrayList<>();
    private final GroupedQueryAttention attention;
    private final long packedBytes;
    private final WeightTraffic traffic;

    private final Buffer x; // residual stream: (tokens, hidden)
    private final GatedUnits units;
    private final Buffer projected; // (tokens, hidden)

    private final TernaryLinear fromHidden;
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
        shard = placement.shard();
        int hidden = shape.hiddenSize();
        int tokens = limits.maxTokens();
        float epsilon = shape.normEpsilon();

        RopeTable rope =
                RotaryTable.pack(backend, RopeStyle.HALF_SPLIT, limits.contextLength(), shape, Optional.empty(), null);
        attention = new GroupedQueryAttention(shape, shard, backend, limits, rope);
        units = new GatedUnits(GateKind.SQUARED_RELU, shard, backend, tokens);
        x = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, hidden);
        projected = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, hidden);
        int widest = Math.max(attention.input().columns(), units.input().columns());
        fromHidden = new TernaryLinear(
                backend, tokens, TernaryLinear.Input.local(hidden), widest, ContractMath.NORM_BLOCK, epsilon);

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
        Range keys = shard.ownKvHeads().times(shape.headDim());
        Range own = shard.ownUnits();
        return new Layer(
                weights.vector(TensorName.of(TensorRole.ATTENTION_NORM, i), hidden),
                weights.stacked(
                        rows(weights.ternary(TensorRole.ATTENTION_QUERY, i, queryWidth, hidden), queries),
                        rows(weights.ternary(TensorRole.ATTENTION_KEY, i, kvWidth, hidden), keys),
                        rows(weights.ternary(TensorRole.ATTENTION_VALUE, i, kvWidth, hidden), keys)),
                attentionOutputs.ternary(
                        weights.ternary(TensorRole.ATTENTION_OUTPUT, i, hidden, queryWidth),
                        TensorName.of(TensorRole.ATTENTION_SUB_NORM, i)),
                weights.vector(TensorName.of(TensorRole.FEED_FORWARD_NORM, i), hidden),
                weights.stacked(
                        rows(weights.ternary(TensorRole.FEED_FORWARD_GATE, i, ffn, hidden), own),
                        rows(weights.ternary(TensorRole.FEED_FORWARD_UP, i, ffn, hidden), own)),
                feedForwardOutputs.ternary(
                        weights.ternary(TensorRole.FEED_FORWARD_DOWN, i, hidden, ffn),
                        TensorName.of(TensorRole.FEED_FORWARD_SUB_NORM, i)));
    }

    @Override
    public void forward(StepRecorder ops) {
        ends.recordEmbedding(ops, x);
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);

            project(ops, layer.attentionNorm(), layer.queryKeyValue(), attention.input());
            attention.record(ops, i, null, null, shape.normEpsilon());
            layer.attentionOutput().record(ops, projected);
            ops.add(x, projected);

            project(ops, layer.feedForwardNorm(), layer.gateUp(), units.input());
            units.record(ops);
            layer.down().record(ops, projected);
            ops.add(x, projected);
        }
        ends.recordHead(ops, x);
    }

    /** What a rank without a part of the layer leaves out. */
    private void project(StepRecorder ops, VectorWeights norm, @Nullable MatrixWeights weights, Buffer out) {
        if (weights != null) {
            fromHidden.record(ops, x, norm, weights, out);
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
