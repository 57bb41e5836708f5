package org.ryzanstein.loader.format;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** config.json of a hub directory, with generation_config.json where there is one. */
public final class HubConfig {
    private static final String EOS = "eos_token_id";
    private static final String BOS = "bos_token_id";

    private final Json config;
    private final Optional<Json> generation;

    private HubConfig(Json config, Optional<Json> generation) {
        this.config = config;
        this.generation = generation;
    }

    static HubConfig read(Path directory) {
        Path config = directory.resolve("config.json");
        if (!Files.isRegularFile(config)) {
            throw ModelFormatException.of(
                    directory.toString(), "config.json", "no such file", "the model's configuration");
        }
        Path generation = directory.resolve("generation_config.json");
        return new HubConfig(
                Json.read(config),
                Files.isRegularFile(generation) ? Optional.of(Json.read(generation)) : Optional.empty());
    }

    /** The first of {@code architectures}, such as BitNetForCausalLM, or {@code model_type} where there is none. */
    public String architecture() {
        List<String> architectures = config.texts("architectures").orElse(List.of());
        if (!architectures.isEmpty()) {
            return architectures.getFirst();
        }
        return config.text("model_type")
                .orElseThrow(() -> ModelFormatException.of(
                        config.file(), "architectures", "nothing", "the name of the model's architecture"));
    }

    public Optional<String> modelType() {
        return config.text("model_type");
    }

    /** The token that begins every text; generation_config.json goes before config.json. */
    public OptionalInt beginOfText() {
        List<Integer> ids = ids(BOS);
        return ids.isEmpty() ? OptionalInt.empty() : OptionalInt.of(ids.getFirst());
    }

    /** The tokens that end a text; generation_config.json goes before config.json. */
    public List<Integer> endOfText() {
        return ids(EOS);
    }

    /** The fields with their values as JSON text, in the file's order. */
    public Map<String, String> fields() {
        return config.raw();
    }

    Json json() {
        return config;
    }

    Optional<HubQuantization> quantization() {
        return config.object("quantization_config").map(HubQuantization::read);
    }

    private List<Integer> ids(String field) {
        Json holder = generation.filter(json -> json.has(field)).orElse(config);
        List<Integer> ids = new ArrayList<>();
        OptionalLong vocabulary = config.integer("vocab_size");
        for (long id : holder.integers(field).orElse(List.of())) {
            if (id < 0 || id >= vocabulary.orElse(Integer.MAX_VALUE)) {
                throw ModelFormatException.of(
                        holder.file(),
                        field,
                        Long.toString(id),
                        "a token id below " + vocabulary.orElse(Integer.MAX_VALUE));
            }
            ids.add((int) id);
        }
        return ids;
    }
}
