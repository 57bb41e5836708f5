package org.ryzanstein.loader.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

/**
 * BitNet b1.58 as in microsoft/bitnet-b1.58-2B-4T (Ma et al., BitNet b1.58 2B4T Technical Report, 2025): ternary linear layers,
 * grouped-query attention with rotary positions, a squared-ReLU gated feed-forward network, and a norm before each output
 * projection too.
 */
final class BitNet implements Model {
    private record Layer(
            VectorWeights attentionNorm, // (hidden)
            MatrixWeights queryKeyValue, // (heads * headDim + 2 * kvHeads * headDim, hidden)
            VectorWeights attentionSubNorm, // (heads * headDim)
            MatrixWeights attentionOutput, // (hidden, heads * headDim)
            VectorWeights feedForwardNorm, // (hidden)
            MatrixWeights gateUp, // (2 * ffn, hidden)
            VectorWeights feedForwardSubNorm, // (ffn)
            MatrixWeights down // (hidden, ffn)
            ) {}

    private final Hyperparameters shape;
    private final EmbeddingAndHead ends;
    private final List<Layer> layers;
    private final GroupedQueryAttention attention;
    private final long packedBytes;
    private final WeightTraffic traffic;

    private final Buffer x; // residual stream: (tokens, hidden)
    private final Buffer gateUp; // (tokens, 2 * ffn)
    private final Buffer gate; // views of it
    private final Buffer up;
    private final Buffer projected; // (tokens, hidden)

    private final TernaryLinear fromHidden;
    private final TernaryLinear fromAttention;
    private final TernaryLinear fromFeedForward;

    static BitNet load(
            ModelFile file,
            Hyperparameters shape,
            KernelBackend backend,
            ModelLimits limits,
            WeightPacker.Progress progress) {
        checkSupported(file, shape);
        TensorSources tensors = file.sources();
        BitNet model = new BitNet(shape, tensors, backend, limits, progress);
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
            TensorSources tensors,
            KernelBackend backend,
            ModelLimits limits,
            WeightPacker.Progress progress) {
        this.shape = shape;
        int hidden = shape.hiddenSize();
        int ffn = shape.feedForwardSize();
        int queryWidth = shape.heads() * shape.headDim();
        int kvWidth = shape.kvHeads() * shape.headDim();

        WeightPacker weights = new WeightPacker(tensors, backend, progress);
        ends = new EmbeddingAndHead(shape, weights, backend, limits);
        layers = new ArrayList<>();
        for (int i = 0; i < shape.layers(); i++) {
            layers.add(loadLayer(weights, i));
        }
        packedBytes = weights.bytes();
        traffic = weights.traffic();

        RopeTable rope =
                RotaryTable.pack(backend, RopeStyle.HALF_SPLIT, limits.contextLength(), shape, Optional.empty(), null);
        attention = new GroupedQueryAttention(shape, backend, limits, rope);
        int tokens = limits.maxTokens();
        x = floats(backend, tokens, hidden);
        gateUp = floats(backend, tokens, 2 * ffn);
        gate = gateUp.slice(0, ffn);
        up = gateUp.slice(ffn, ffn);
        projected = floats(backend, tokens, hidden);

        float epsilon = shape.normEpsilon();
        int widest = Math.max(queryWidth + 2 * kvWidth, 2 * ffn);
        fromHidden = new TernaryLinear(backend, tokens, hidden, widest, ContractMath.NORM_BLOCK, epsilon);
        fromAttention = new TernaryLinear(backend, tokens, queryWidth, hidden, shape.headDim(), epsilon);
        fromFeedForward = new TernaryLinear(backend, tokens, ffn, hidden, ContractMath.NORM_BLOCK, epsilon);
    }

    private Layer loadLayer(WeightPacker weights, int i) {
        int hidden = shape.hiddenSize();
        int ffn = shape.feedForwardSize();
        int queryWidth = shape.heads() * shape.headDim();
        int kvWidth = shape.kvHeads() * shape.headDim();
        return new Layer(
                weights.vector(TensorName.of(TensorRole.ATTENTION_NORM, i), hidden),
                weights.ternary(
                        weights.ternary(TensorRole.ATTENTION_QUERY, i, queryWidth, hidden),
                        weights.ternary(TensorRole.ATTENTION_KEY, i, kvWidth, hidden),
                        weights.ternary(TensorRole.ATTENTION_VALUE, i, kvWidth, hidden)),
                weights.vector(TensorName.of(TensorRole.ATTENTION_SUB_NORM, i), queryWidth),
                weights.ternary(weights.ternary(TensorRole.ATTENTION_OUTPUT, i, hidden, queryWidth)),
                weights.vector(TensorName.of(TensorRole.FEED_FORWARD_NORM, i), hidden),
                weights.ternary(
                        weights.ternary(TensorRole.FEED_FORWARD_GATE, i, ffn, hidden),
                        weights.ternary(TensorRole.FEED_FORWARD_UP, i, ffn, hidden)),
                weights.vector(TensorName.of(TensorRole.FEED_FORWARD_SUB_NORM, i), ffn),
                weights.ternary(weights.ternary(TensorRole.FEED_FORWARD_DOWN, i, hidden, ffn)));
    }

    private static Buffer floats(KernelBackend backend, int tokens, int columns) {
        return backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, columns);
    }

    @Override
    public void forward(StepRecorder ops) {
        ends.recordEmbedding(ops, x);
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);

            fromHidden.record(ops, x, layer.attentionNorm(), layer.queryKeyValue(), attention.input());
            attention.record(ops, i, null, null, shape.normEpsilon());
            fromAttention.record(ops, attention.output(), layer.attentionSubNorm(), layer.attentionOutput(), projected);
            ops.add(x, projected);

            fromHidden.record(ops, x, layer.feedForwardNorm(), layer.gateUp(), gateUp);
            ops.gate(GateKind.SQUARED_RELU, gate, up, gate);
            fromFeedForward.record(ops, gate, layer.feedForwardSubNorm(), layer.down(), projected);
            ops.add(x, projected);
        }
        ends.recordHead(ops, x);
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
