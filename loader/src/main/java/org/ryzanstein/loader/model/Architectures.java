package org.ryzanstein.loader.model;

import java.util.Optional;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.ModelFormatException;

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
     * Packs a model's weights.
     *
     * @param progress told of bytes packed
     * @throws ModelFormatException naming what is missing, of the wrong shape or not known
     */
    public static Model load(
            ModelFile file,
            Hyperparameters shape,
            KernelBackend backend,
            ModelLimits limits,
            WeightPacker.Progress progress) {
        check(file);
        Optional<Llama.Variant> variant = Llama.Variant.of(file.architecture());
        return variant.isPresent()
                ? Llama.load(file, variant.get(), shape, backend, limits, progress)
                : BitNet.load(file, shape, backend, limits, progress);
    }
}
