package org.ryzanstein.loader.format;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** A model in a directory as published on the hub. */
public final class HubModelFile implements ModelFile {
    /** GGUF's names for the hub's classes and model types. */
    private static final Map<String, String> ARCHITECTURES = Map.of(
            "BitNetForCausalLM", BITNET_B158,
            "bitnet", BITNET_B158,
            "LlamaForCausalLM", "llama",
            "MistralForCausalLM", "llama",
            "Qwen2ForCausalLM", "qwen2",
            "Qwen3ForCausalLM", "qwen3");

    private static final String ROPE_PARAMETERS = "rope_parameters";
    private static final String ROPE_SCALING = "rope_scaling";

    /** What every class of Transformers' Llama family takes where the file names no base; Llama 2's files do not. */
    private static final double DEFAULT_ROPE_BASE = 10_000;

    private final HubDirectory directory;

    HubModelFile(HubDirectory directory) {
        this.directory = directory;
    }

    /** The directory, for its configuration. */
    public HubDirectory directory() {
        return directory;
    }

    @Override
    public String source() {
        return directory.path().toString();
    }

    @Override
    public String architecture() {
        String stored = directory.config().architecture();
        return ARCHITECTURES.getOrDefault(stored, stored);
    }

    @Override
    public String name() {
        return directory.path().toAbsolutePath().normalize().getFileName().toString();
    }

    @Override
    public Optional<String> chatTemplate() {
        return directory.chatTemplate();
    }

    @Override
    public String chatTemplateField() {
        return directory.chatTemplateField();
    }

    @Override
    public Hyperparameters hyperparameters() {
        return Hyperparameters.read(new Fields(directory.config().json(), architecture()));
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        return directory.tensors();
    }

    @Override
    public TensorSources sources() {
        HubConfig config = directory.config();
        return new TensorSources(
                source(),
                directory.tensors(),
                config.quantization(),
                config.json().bool("tie_word_embeddings").orElse(false));
    }

    @Override
    public Optional<String> change() {
        return directory.files().stream()
                .map(SafetensorsFile::change)
                .flatMap(Optional::stream)
                .findFirst();
    }

    @Override
    public long size() {
        return directory.files().stream()
                .mapToLong(file -> file.bytes().byteSize())
                .sum();
    }

    @Override
    public String sha256() {
        return Sha256.of(directory.files().stream().map(SafetensorsFile::bytes).toList());
    }

    @Override
    public void close() {
        directory.close();
    }

    /** Reads the shape from config.json. */
    private record Fields(Json config, String architecture) implements Hyperparameters.Source {
        Fields {
            for (String field : List.of("logit_scale", "attn_logit_softcapping", "num_local_experts")) {
                if (config.has(field)) {
                    throw ModelFormatException.of(
                            config.file(),
                            field,
                            config.raw().getOrDefault(field, ""),
                            "no such field: it is not supported");
                }
            }
            refuseWindows(config);
            refusePartialRotation(config);
            config.object(ROPE_PARAMETERS).ifPresent(Fields::refusePartialRotation);
        }

        private static void refuseWindows(Json config) {
            // Qwen's files name a window and say that it is not used.
            Optional<Boolean> use = config.bool("use_sliding_window");
            if (use.orElse(false) || (config.has("sliding_window") && use.isEmpty())) {
                String field = config.has("sliding_window") ? "sliding_window" : "use_sliding_window";
                throw ModelFormatException.of(
                        config.file(),
                        field,
                        config.raw().getOrDefault(field, ""),
                        "no such field, or use_sliding_window false: windows are not supported");
            }
            for (String type : config.texts("layer_types").orElse(List.of())) {
                if (!type.equals("full_attention")) {
                    throw ModelFormatException.of(config.file(), "layer_types", type, "full_attention alone");
                }
            }
        }

        private static void refusePartialRotation(Json config) {
            OptionalDouble rotary = config.real("partial_rotary_factor");
            if (rotary.isPresent() && rotary.getAsDouble() != 1) {
                throw ModelFormatException.of(
                        config.file(),
                        config.path("partial_rotary_factor"),
                        Double.toString(rotary.getAsDouble()),
                        "1");
            }
        }

        private boolean isLlamaFamily() {
            return !architecture().equals(BITNET_B158);
        }

        @Override
        public String file() {
            return config.file();
        }

        @Override
        public String name(HyperparameterField field) {
            return field.hub();
        }

        @Override
        public OptionalLong integer(HyperparameterField field) {
            if (field == HyperparameterField.ROPE_DIMENSION) {
                return OptionalLong.empty();
            }
            OptionalLong value = config.integer(field.hub());
            // LlamaConfig: without this field every query head has its own key and value head.
            return field == HyperparameterField.KV_HEADS
                            && value.isEmpty()
                            && config.text("model_type").equals(Optional.of("llama"))
                    ? config.integer(HyperparameterField.HEADS.hub())
                    : value;
        }

        @Override
        public OptionalDouble real(HyperparameterField field) {
            OptionalDouble value = config.real(field.hub());
            if (value.isEmpty() && field == HyperparameterField.ROPE_BASE) {
                Optional<Json> parameters = config.object(ROPE_PARAMETERS);
                value = parameters.isPresent() ? parameters.get().real(field.hub()) : value;
                return value.isEmpty() && isLlamaFamily() ? OptionalDouble.of(DEFAULT_ROPE_BASE) : value;
            }
            return value;
        }

        @Override
        public boolean tiedEmbeddings() {
            return config.bool("tie_word_embeddings")
                    .orElseThrow(() ->
                            ModelFormatException.of(config.file(), "tie_word_embeddings", "nothing", "true or false"));
        }

        @Override
        public Map<String, String> ropeScaling() {
            Optional<Json> scaling = config.object(ROPE_SCALING).or(() -> config.object(ROPE_PARAMETERS));
            if (scaling.isEmpty()) {
                return Map.of();
            }
            String type = scaling.get()
                    .text("rope_type")
                    .or(() -> scaling.get().text("type"))
                    .orElse("unnamed");
            return type.equals("default") ? Map.of() : scaling.get().raw();
        }

        @Override
        public Optional<String> activation() {
            return config.text("hidden_act");
        }
    }
}
