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
import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.format.GgufModelFile;
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
import org.ryzanstein.loader.parallel.SlicedWeights;

/**
 * Llama (Touvron et al., 2023) and what has its shape: Llama 2 and 3, Mistral, Qwen 2 (biases of query, key and value),
 * Qwen 3 (norms of query and key heads), with ordinary, quantised or ternary linear layers.
 */
final class Llama implements Model {
    private record Layer(
            VectorWeights attentionNorm, // (hidden)
            Projection keyQueryValue, // hidden -> GroupedQueryAttention's input
            @Nullable VectorWeights queryNorm, // (headDim)
            @Nullable VectorWeights keyNorm, // (headDim)
            Output attentionOutput, // heads * headDim -> hidden
            VectorWeights feedForwardNorm, // (hidden)
            Projection gateUp, // hidden -> 2 * ffn
            Output down // ffn -> hidden
            ) {}

    private final Hyperparameters shape;
    private final Variant variant;
    private final Shard shard;
    private final EmbeddingAndHead ends;
    private final List<Layer> layers = new ArrayList<>();
    private final GroupedQueryAttention attention;
    private final long packedBytes;
    private final WeightTraffic traffic;

    private final Buffer x; // residual stream: (tokens, hidden)
    private final GatedUnits units;
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
            Placement placement,
            KernelBackend backend,
            ModelLimits limits,
            WeightPacker.Progress progress) {
        shape.activation().filter(name -> !name.equals("silu")).ifPresent(name -> {
            throw ModelFormatException.of(file.source(), "hidden_act", name, "silu");
        });
        TensorSources tensors = file.sources();
        Llama model = new Llama(file, variant, shape, placement, tensors, backend, limits, progress);
        tensors.refuseUnclaimed();
        return model;
    }

    private Llama(
            ModelFile file,
            Variant variant,
            Hyperparameters shape,
            Placement placement,
            TensorSources tensors,
            KernelBackend backend,
            ModelLimits limits,
            WeightPacker.Progress progress) {
        this.shape = shape;
        this.variant = variant;
        shard = placement.shard();
        int hidden = shape.hiddenSize();
        int tokens = limits.maxTokens();
        float epsilon = shape.normEpsilon();

        Optional<RopeScaling> scaling = RopeScaling.of(file.source(), shape);
        TensorName factors = TensorName.of(TensorRole.ROPE_FACTORS);
        float @Nullable [] ropeFactors =
                tensors.has(factors) ? tensors.vector(factors, shape.ropeDimension() / 2) : null;
        attention = new GroupedQueryAttention(
                shape,
                placement,
                backend,
                limits,
                RotaryTable.pack(backend, variant.ropeStyle(file), limits.contextLength(), shape, scaling, ropeFactors),
                true);
        units = new GatedUnits(GateKind.SILU, shard, backend, tokens, true);

        WeightPacker weights = new WeightPacker(tensors, backend, progress);
        int widest = Math.max(attention.input().columns(), units.input().columns());
        Projections projections = new Projections(backend, weights, tokens, hidden, widest, epsilon);
        OutputProjections attentionOutputs = new OutputProjections(
                backend,
                weights,
                placement,
                attention.output(),
                shard.replicatesAttentionOutput(),
                tokens,
                ContractMath.NORM_BLOCK,
                epsilon);
        OutputProjections feedForwardOutputs = new OutputProjections(
                backend, weights, placement, units.output(), false, tokens, ContractMath.NORM_BLOCK, epsilon);
        ends = new EmbeddingAndHead(shape, shard, weights, backend, limits);
        for (int i = 0; i < shape.layers(); i++) {
            layers.add(loadLayer(weights, projections, attentionOutputs, feedForwardOutputs, i));
        }
        packedBytes = weights.bytes();
        traffic = weights.traffic();

        x = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, hidden);
        projected = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, hidden);
    }

    private Layer loadLayer(
            WeightPacker weights,
            Projections projections,
            OutputProjections attentionOutputs,
            OutputProjections feedForwardOutputs,
            int i) {
        int hidden = shape.hiddenSize();
        int ffn = shape.feedForwardSize();
        int headDim = shape.headDim();
        int queryWidth = shape.heads() * headDim;
        int kvWidth = shape.kvHeads() * headDim;
        Range queries = shard.ownHeads().times(headDim);
        Range keys = shard.straddlingHeads().keys().times(headDim);
        Range values = shard.straddlingHeads().values().times(headDim);
        Range own = shard.ownUnits();
        boolean headNorms = variant == Variant.QWEN3;
        return new Layer(
                weights.vector(TensorName.of(TensorRole.ATTENTION_NORM, i), hidden),
                projections.load(List.of(
                        biased(weights, TensorRole.ATTENTION_KEY, TensorRole.ATTENTION_KEY_BIAS, i, kvWidth, keys),
                        biased(
                                weights,
                                TensorRole.ATTENTION_QUERY,
                                TensorRole.ATTENTION_QUERY_BIAS,
                                i,
                                queryWidth,
                                queries),
                        biased(
                                weights,
                                TensorRole.ATTENTION_VALUE,
                                TensorRole.ATTENTION_VALUE_BIAS,
                                i,
                                kvWidth,
                                values))),
                headNorms ? weights.vector(TensorName.of(TensorRole.ATTENTION_QUERY_NORM, i), headDim) : null,
                headNorms ? weights.vector(TensorName.of(TensorRole.ATTENTION_KEY_NORM, i), headDim) : null,
                attentionOutputs.load(weights.source(TensorRole.ATTENTION_OUTPUT, i, hidden, queryWidth)),
                weights.vector(TensorName.of(TensorRole.FEED_FORWARD_NORM, i), hidden),
                projections.load(List.of(
                        plain(weights.source(TensorRole.FEED_FORWARD_GATE, i, ffn, hidden), own),
                        plain(weights.source(TensorRole.FEED_FORWARD_UP, i, ffn, hidden), own))),
                feedForwardOutputs.load(weights.source(TensorRole.FEED_FORWARD_DOWN, i, hidden, ffn)));
    }

    private static Projections.Part plain(WeightSource source, Range own) {
        return new Projections.Part(SlicedWeights.rows(source, own), Optional.empty());
    }

    /** A matrix with the bias that Qwen 2 must have, and others may: this rank's rows of both. */
    private Projections.Part biased(
            WeightPacker weights, TensorRole role, TensorRole biasRole, int layer, int rows, Range own) {
        TensorName bias = TensorName.of(biasRole, layer);
        boolean present = variant == Variant.QWEN2 || weights.has(bias);
        return new Projections.Part(
                SlicedWeights.rows(weights.source(role, layer, rows, shape.hiddenSize()), own),
                present ? Optional.of(weights.vector(bias, rows, own)) : Optional.empty());
    }

    @Override
    public boolean splitsResidual() {
        return false;
    }

    @Override
    public void forward(StepRecorder ops, Residual residual) {
        if (residual != Residual.WHOLE) {
            throw new IllegalArgumentException("residual stream " + residual + ", expected " + Residual.WHOLE);
        }
        ends.recordEmbedding(ops, x);
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);

            layer.keyQueryValue().record(ops, x, layer.attentionNorm(), attention.input());
            attention.record(ops, i, layer.queryNorm(), layer.keyNorm(), shape.normEpsilon());
            layer.attentionOutput().record(ops, projected);
            ops.add(x, projected);

            layer.gateUp().record(ops, x, layer.feedForwardNorm(), units.input());
            units.record(ops);
            layer.down().record(ops, projected);
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
