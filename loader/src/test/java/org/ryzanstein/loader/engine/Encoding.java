package org.ryzanstein.loader.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** The embedded model in each encoding that can be read. */
enum Encoding {
    I2_S {
        @Override
        Optional<Path> locate(Path scratch) {
            return Optional.empty();
        }
    },
    TQ2_0 {
        @Override
        Optional<Path> locate(Path scratch) {
            return Optional.of(Reference.resource("format/bitnet-tiny-tq2_0.gguf"));
        }
    },
    TQ1_0 {
        @Override
        Optional<Path> locate(Path scratch) {
            return Optional.of(Reference.resource("format/bitnet-tiny-tq1_0.gguf"));
        }
    },
    PACKED {
        @Override
        Optional<Path> locate(Path scratch) {
            return Optional.of(Reference.resource("format/bitnet-tiny-packed"));
        }
    },
    /** F32 GGUF made here: each weight is digit * scale. */
    F32_DERIVED {
        @Override
        Optional<Path> locate(Path scratch) throws IOException {
            return Optional.of(
                    TinyModel.embedded().withFloatMatrices().write(scratch.resolve("bitnet-tiny-derived-f32.gguf")));
        }
    },
    F32_GGUF {
        @Override
        Optional<Path> locate(Path scratch) {
            return Optional.of(Reference.shared("bitnet-tiny/bitnet-tiny-f32.gguf"));
        }
    },
    MASTER {
        @Override
        Optional<Path> locate(Path scratch) {
            Reference.shared("bitnet-tiny/model.safetensors");
            return Optional.of(Reference.shared("bitnet-tiny"));
        }
    };

    /** The file or directory; empty for the model that is embedded in the jar. Skips the test if it is missing. */
    abstract Optional<Path> locate(Path scratch) throws IOException;

    /** What becomes of the scales: encodings with the same answer hold the same weights to the bit. */
    String scales() {
        return switch (this) {
            case I2_S, PACKED, F32_DERIVED, F32_GGUF -> "as exported";
            case TQ2_0, TQ1_0 -> "rounded to float16";
            case MASTER -> "computed from the master weights, in another order of summation";
        };
    }

    Engine open(Path scratch, int threads) throws IOException {
        EngineOptions options = EngineOptions.defaults().withThreads(threads);
        Optional<Path> path = locate(scratch);
        return org.ryzanstein.loader.Ryzanstein.open(
                path.map(options::withModel).orElse(options));
    }
}
