package org.ryzanstein.loader.format;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A model in a GGUF file. */
public final class GgufModelFile implements ModelFile {
    private static final Set<String> BITNET_NAMES = Set.of(BITNET_B158, "bitnet-25");
    private static final String TOKENS = "tokenizer.ggml.tokens";
    private static final String CHAT_TEMPLATE = "tokenizer.chat_template";
    // Keys under the architecture's prefix that change the result and that nothing here computes, unless they are 0.
    private static final List<String> UNSUPPORTED_NUMBERS =
            List.of("expert_count", "attention.sliding_window", "attention.max_alibi_bias", "attention.clamp_kqv");
    private static final List<String> UNSUPPORTED_FACTORS = List.of(
            "attention.scale",
            "logit_scale",
            "residual_scale",
            "embedding_scale",
            "attn_logit_softcapping",
            "final_logit_softcapping");
    /** What the keys that change the rotary frequencies begin with; {@code rope.scale_linear} is the oldest. */
    private static final String ROPE_SCALING = "rope.scal";

    /** What llama.cpp takes where the file names no base: its converter wrote none for Llama 2. */
    private static final double DEFAULT_ROPE_BASE = 10_000;

    private final GgufFile file;

    GgufModelFile(GgufFile file) {
        this.file = file;
    }

    /** The container, for its metadata. */
    public GgufFile gguf() {
        return file;
    }

    @Override
    public String source() {
        return file.path().toString();
    }

    @Override
    public String architecture() {
        String stored = file.architecture();
        return BITNET_NAMES.contains(stored) ? BITNET_B158 : stored;
    }

    @Override
    public String name() {
        return file.metadata()
                .string("general.name")
                .orElseGet(() -> file.path().getFileName().toString());
    }

    @Override
    public Optional<String> chatTemplate() {
        return file.metadata().string(CHAT_TEMPLATE);
    }

    @Override
    public String chatTemplateField() {
        return CHAT_TEMPLATE;
    }

    @Override
    public Hyperparameters hyperparameters() {
        return Hyperparameters.read(new Fields());
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        return file.tensors();
    }

    @Override
    public TensorSources sources() {
        return new TensorSources(source(), file.tensors());
    }

    @Override
    public Optional<String> change() {
        return file.change();
    }

    @Override
    public long size() {
        return file.size();
    }

    @Override
    public String sha256() {
        return Sha256.of(List.of(file.bytes()));
    }

    @Override
    public void close() {
        file.close();
    }

    /** Reads the shape from the metadata. */
    private final class Fields implements Hyperparameters.Source {
        private final Metadata metadata = file.metadata();
        private final String stored = file.architecture();

        Fields() {
            for (String key : UNSUPPORTED_NUMBERS) {
                refuseUnlessNeutral(key, 0);
            }
            for (String key : UNSUPPORTED_FACTORS) {
                refuseUnlessNeutral(key, key.endsWith("capping") ? 0 : 1);
            }
            OptionalLong keyLength = metadata.integer(stored + ".attention.key_length");
            OptionalLong valueLength = metadata.integer(stored + ".attention.value_length");
            if (valueLength.isPresent() && !valueLength.equals(keyLength)) {
                throw ModelFormatException.of(
                        source(),
                        stored + ".attention.value_length",
                        Long.toString(valueLength.getAsLong()),
                        "the same as " + stored + ".attention.key_length");
            }
        }

        private void refuseUnlessNeutral(String suffix, double neutral) {
            String key = stored + "." + suffix;
            if (metadata.keys().contains(key)) {
                String found = file.values().text(key, 4);
                boolean harmless;
                try {
                    harmless = Double.parseDouble(found) == neutral;
                } catch (NumberFormatException notANumber) {
                    harmless = false;
                }
                if (!harmless) {
                    throw ModelFormatException.of(source(), key, found, "no such field: it is not supported");
                }
            }
        }

        @Override
        public String file() {
            return source();
        }

        @Override
        public String name(HyperparameterField field) {
            return field.gguf(stored);
        }

        @Override
        public OptionalLong integer(HyperparameterField field) {
            OptionalLong value = metadata.integer(name(field));
            if (field == HyperparameterField.KV_HEADS && value.isEmpty()) {
                // The format says that without this field every query head has its own key and value head.
                return integer(HyperparameterField.HEADS);
            }
            return field == HyperparameterField.VOCABULARY_SIZE ? vocabulary(value) : value;
        }

        /** The embedding's rows; the field and the vocabulary must agree with them, but may be absent. */
        private OptionalLong vocabulary(OptionalLong value) {
            OptionalLong tokens = metadata.strings(TOKENS)
                    .map(list -> OptionalLong.of(list.size()))
                    .orElse(OptionalLong.empty());
            @Nullable
            TensorInfo embedding =
                    file.tensors().get(TensorName.of(TensorRole.TOKEN_EMBEDDING).gguf());
            if (embedding == null || embedding.shape().size() != 2) {
                return value.isPresent() ? value : tokens;
            }
            long rows = embedding.shape().getFirst();
            if (value.isPresent() && value.getAsLong() != rows) {
                throw ModelFormatException.of(
                        source(),
                        name(HyperparameterField.VOCABULARY_SIZE),
                        Long.toString(value.getAsLong()),
                        "the rows of " + embedding.name() + ", " + rows);
            }
            if (tokens.isPresent() && tokens.getAsLong() > rows) {
                throw ModelFormatException.of(
                        source(),
                        TOKENS,
                        tokens.getAsLong() + " tokens",
                        "at most the rows of " + embedding.name() + ", " + rows);
            }
            return OptionalLong.of(rows);
        }

        @Override
        public OptionalDouble real(HyperparameterField field) {
            OptionalDouble value = metadata.real(name(field));
            return value.isEmpty()
                            && field == HyperparameterField.ROPE_BASE
                            && !architecture().equals(BITNET_B158)
                    ? OptionalDouble.of(DEFAULT_ROPE_BASE)
                    : value;
        }

        @Override
        public boolean tiedEmbeddings() {
            return !file.tensors().containsKey(TensorName.of(TensorRole.OUTPUT).gguf());
        }

        @Override
        public Map<String, String> ropeScaling() {
            Map<String, String> found = new LinkedHashMap<>();
            String prefix = stored + ".";
            for (String key : metadata.keys()) {
                if (key.startsWith(prefix + ROPE_SCALING)) {
                    found.put(key.substring(prefix.length()), file.values().text(key, 4));
                }
            }
            String type = found.getOrDefault("rope.scaling.type", "");
            return type.equals("none") ? Map.of() : found;
        }

        @Override
        public Optional<String> activation() {
            return architecture().equals(BITNET_B158) ? Optional.of("relu2") : Optional.empty();
        }
    }
}
