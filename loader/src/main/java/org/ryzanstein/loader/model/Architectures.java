package org.ryzanstein.loader.model;

import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.ModelFormatException;

/** From a model file to the model of its architecture. */
public final class Architectures {
    private Architectures() {}

    /** Refuses an architecture that is not known, before anything is loaded. */
    public static void check(ModelFile file) {
        if (!file.architecture().equals(ModelFile.BITNET_B158)) {
            throw ModelFormatException.of(
                    file.source(),
                    "architecture",
                    file.architecture(),
                    "one of bitnet-b1.58 (GGUF: bitnet-b1.58, bitnet-25; hub: BitNetForCausalLM)");
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
        return BitNet.load(file, shape, backend, limits, progress);
    }
}
