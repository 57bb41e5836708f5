package org.ryzanstein.loader.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.GateKind;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.RopeStyle;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.loader.format.GgufModelFile;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.format.TensorSources;

/**
 * Llama (Touvron et al., 2023) and what has its shape: Llama 2 and 3, Mistral, Qwen 2 (biases of query, key and value),
 * Qwen 3 (norms of query and key heads), with ordinary, quantised or ternary linear layers.
 */
final class Llama implements Model {
    private record Layer(
            VectorWeights attentionNorm, // (hidden)
            Projection queryKeyValue, // hidden -> heads * headDim + 2 * kvHeads * headDim
            @Nullable VectorWeights queryNorm, // (headDim)
            @Nullable VectorWeights keyNorm, // (headDim)
            Projection attentionOutput, // heads * headDim -> hidden
            VectorWeights feedForwardNorm, // (hidden)
            Projection gateUp, // hidden -> 2 * ffn
            Projection down // ffn -> hidden
            ) {}

    private final Hyperparameters shape;
    private final Variant variant;
    private final EmbeddingAndHead ends;
    private final List<Layer> layers = new ArrayList<>();
    private final GroupedQueryAttention attention;
    private final long packedBytes;
    private final WeightTraffic traffic;

    private final Buffer x; // residual stream: (tokens, hidden)
    private final Buffer gateUp; // (tokens, 2 * ffn)
    private final Buffer gate; // views of it
    private final Buffer up;
    private final Buffer projected; // (tokens, hidden)

    /** What sets the family's members apart. */
    enum Variant {
        LLAMA("llama"),
        QWEN2("qwen2"),
        QWEN3("qwen3");

        private final String architecture;

        Variant(String architecture) {
            this.architecture = architecture;
        }

        static Optional<Variant> of(String architecture) {
            for (Variant variant : values()) {
                if (variant.architecture.equals(architecture)) {
                    return Optional.of(variant);
                }
            }
            return Optional.empty();
        }

        /** llama.cpp's converter reorders the rows of Llama's queries and keys, so that pairs are neighbours. */
        RopeStyle ropeStyle(ModelFile file) {
            return this == LLAMA && file instanceof GgufModelFile ? RopeStyle.INTERLEAVED : RopeStyle.HALF_SPLIT;
        }
    }

    static Llama load(
            ModelFile file,
            Variant variant,
            Hyperparameters shape,
            KernelBackend backend,
            ModelLimits limits,
            WeightPacker.Progress progress) {
        shape.activation().filter(name -> !name.equals("silu")).ifPresent(name -> {
            throw ModelFormatException.of(file.source(), "hidden_act", name, "silu");
        });
        TensorSources tensors = file.sources();
        Llama model = new Llama(file, variant, shape, tensors, backend, limits, progress);
        tensors.refuseUnclaimed();
        return model;
    }

    private Llama(
            ModelFile file,
            Variant variant,
            Hyperparameters shape,
            TensorSources tensors,
            KernelBackend backend,
            ModelLimits limits,
            WeightPacker.Progress progress) {
        this.shape = shape;
        this.variant = variant;
        int hidden = shape.hiddenSize();
        int ffn = shape.feedForwardSize();
        int tokens = limits.maxTokens();
        int queryKeyValueWidth = (shape.heads() + 2 * shape.kvHeads()) * shape.headDim();

        Optional<RopeScaling> scaling = RopeScaling.of(file.source(), shape);
        TensorName factors = TensorName.of(TensorRole.ROPE_FACTORS);
        float @Nullable [] ropeFactors =
                tensors.has(factors) ? tensors.vector(factors, shape.ropeDimension() / 2) : null;
        attention = new GroupedQueryAttention(
                shape,
                backend,
                limits,
                RotaryTable.pack(
                        backend, variant.ropeStyle(file), limits.contextLength(), shape, scaling, ropeFactors));

        WeightPacker weights = new WeightPacker(tensors, backend, progress);
        Projections projections = new Projections(
                backend, weights, tokens, hidden, Math.max(queryKeyValueWidth, 2 * ffn), shape.normEpsilon());
        ends = new EmbeddingAndHead(shape, weights, backend, limits);
        for (int i = 0; i < shape.layers(); i++) {
            layers.add(loadLayer(weights, projections, i));
        }
        packedBytes = weights.bytes();
        traffic = weights.traffic();

        x = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, hidden);
        gateUp = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, 2 * ffn);
        gate = gateUp.slice(0, ffn);
        up = gateUp.slice(ffn, ffn);
        projected = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, hidden);
    }

    private Layer loadLayer(WeightPacker weights, Projections projections, int i) {
        int hidden = shape.hiddenSize();
        int ffn = shape.feedForwardSize();
        int headDim = shape.headDim();
        int queryWidth = shape.heads() * headDim;
        int kvWidth = shape.kvHeads() * headDim;
        boolean headNorms = variant == Variant.QWEN3;
        return new Layer(
                weights.vector(TensorName.of(TensorRole.ATTENTION_NORM, i), hidden),
                projections.load(List.of(
                        biased(weights, TensorRole.ATTENTION_QUERY, TensorRole.ATTENTION_QUERY_BIAS, i, queryWidth),
                        biased(weights, TensorRole.ATTENTION_KEY, TensorRole.ATTENTION_KEY_BIAS, i, kvWidth),
                        biased(weights, TensorRole.ATTENTION_VALUE, TensorRole.ATTENTION_VALUE_BIAS, i, kvWidth))),
                headNorms ? weights.vector(TensorName.of(TensorRole.ATTENTION_QUERY_NORM, i), headDim) : null,
                headNorms ? weights.vector(TensorName.of(TensorRole.ATTENTION_KEY_NORM, i), headDim) : null,
                projections.load(List.of(plain(weights, TensorRole.ATTENTION_OUTPUT, i, hidden, queryWidth))),
                weights.vector(TensorName.of(TensorRole.FEED_FORWARD_NORM, i), hidden),
                projections.load(List.of(
                        plain(weights, TensorRole.FEED_FORWARD_GATE, i, ffn, hidden),
                        plain(weights, TensorRole.FEED_FORWARD_UP, i, ffn, hidden))),
                projections.load(List.of(plain(weights, TensorRole.FEED_FORWARD_DOWN, i, hidden, ffn))));
    }

    private static Projections.Part plain(WeightPacker weights, TensorRole role, int layer, int rows, int columns) {
        return new Projections.Part(weights.source(role, layer, rows, columns), Optional.empty());
    }

    /** A matrix with the bias that Qwen 2 must have, and others may. */
    private Projections.Part biased(WeightPacker weights, TensorRole role, TensorRole biasRole, int layer, int rows) {
        TensorName bias = TensorName.of(biasRole, layer);
        boolean present = variant == Variant.QWEN2 || weights.has(bias);
        return new Projections.Part(
                weights.source(role, layer, rows, shape.hiddenSize()),
                present ? Optional.of(weights.vector(bias, rows)) : Optional.empty());
    }

    @Override
    public void forward(StepRecorder ops) {
        ends.recordEmbedding(ops, x);
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);

            layer.queryKeyValue().record(ops, x, layer.attentionNorm(), attention.input());
            attention.record(ops, i, layer.queryNorm(), layer.keyNorm(), shape.normEpsilon());
            layer.attentionOutput().record(ops, attention.output(), null, projected);
            ops.add(x, projected);

            layer.gateUp().record(ops, x, layer.feedForwardNorm(), gateUp);
            ops.gate(GateKind.SILU, gate, up, gate);
            layer.down().record(ops, gate, null, projected);
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
