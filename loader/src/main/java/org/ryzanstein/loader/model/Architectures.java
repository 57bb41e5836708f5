package org.ryzanstein.loader.model;

import java.util.Optional;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.format.TensorSources;
import org.ryzanstein.loader.parallel.Placement;
import org.ryzanstein.loader.parallel.Shard;

/** From a model file to the model of its architecture. */
public final class Architectures {
    private Architectures() {}

    /** Refuses an architecture that is not known, before anything is loaded. */
    public static void check(ModelFile file) {
        String architecture = file.architecture();
        if (!architecture.equals(ModelFile.BITNET_B158)
                && Llama.Variant.of(architecture).isEmpty()) {
            throw ModelFormatException.of(
                    file.source(),
                    "architecture",
                    architecture,
                    "one of bitnet-b1.58 (GGUF: also bitnet-25; hub: BitNetForCausalLM), llama (hub: LlamaForCausalLM,"
                            + " MistralForCausalLM), qwen2 (Qwen2ForCausalLM), qwen3 (Qwen3ForCausalLM)");
        }
    }

    /**
     * Refuses a file whose tensors do not bear out its shape. What is allocated for a model follows from the shape, which a
     * short file can state as large as it likes.
     */
    private static void requireMatrices(TensorSources tensors, Hyperparameters shape) {
        int hidden = shape.hiddenSize();
        int queryWidth = shape.heads() * shape.headDim();
        int kvWidth = shape.kvHeads() * shape.headDim();
        tensors.require(TensorName.of(TensorRole.TOKEN_EMBEDDING), shape.vocabularySize(), hidden);
        for (int layer = 0; layer < shape.layers(); layer++) {
            tensors.require(TensorName.of(TensorRole.ATTENTION_QUERY, layer), queryWidth, hidden);
            tensors.require(TensorName.of(TensorRole.ATTENTION_KEY, layer), kvWidth, hidden);
            tensors.require(TensorName.of(TensorRole.ATTENTION_VALUE, layer), kvWidth, hidden);
            tensors.require(TensorName.of(TensorRole.ATTENTION_OUTPUT, layer), hidden, queryWidth);
            tensors.require(TensorName.of(TensorRole.FEED_FORWARD_GATE, layer), shape.feedForwardSize(), hidden);
            tensors.require(TensorName.of(TensorRole.FEED_FORWARD_UP, layer), shape.feedForwardSize(), hidden);
            tensors.require(TensorName.of(TensorRole.FEED_FORWARD_DOWN, layer), hidden, shape.feedForwardSize());
        }
    }

    /** What of a model can be shared out among ranks. */
    public static Shard.Sizes sizes(Hyperparameters shape) {
        return new Shard.Sizes(
                shape.heads(), shape.kvHeads(), shape.feedForwardSize(), shape.hiddenSize(), shape.vocabularySize());
    }

    /**
     * Packs a model's weights, or a shard of them. Some may be left where they lie in the file, which must stay open as long as
     * the backend.
     *
     * @param placement which part of the model is wanted
     * @param progress told of bytes packed
     * @throws ModelFormatException naming what is missing, of the wrong shape or not known
     */
    public static Model load(
            ModelFile file,
            Hyperparameters shape,
            Placement placement,
            KernelBackend backend,
            ModelLimits limits,
            WeightPacker.Progress progress) {
        check(file);
        requireMatrices(file.sources(), shape);
        Optional<Llama.Variant> variant = Llama.Variant.of(file.architecture());
        return variant.isPresent()
                ? Llama.load(file, variant.get(), shape, placement, backend, limits, progress)
                : BitNet.load(file, shape, placement, backend, limits, progress);
    }
}
