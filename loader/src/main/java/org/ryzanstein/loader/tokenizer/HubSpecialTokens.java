package org.ryzanstein.loader.tokenizer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The tokens with a role, as {@code tokenizer_config.json} and {@code generation_config.json} have them. */
final class HubSpecialTokens {
    private final JsonField config;
    private final JsonField generation;

    HubSpecialTokens(Path directory) {
        config = TokenizerJson.readTree(directory.resolve("tokenizer_config.json"));
        generation = TokenizerJson.readTree(directory.resolve("generation_config.json"));
    }

    /** {@code tokenizer_config.json}; missing if there is none. */
    JsonField config() {
        return config;
    }

    /**
     * The framing is that of {@code post_processor}, unless {@code add_bos_token} or {@code add_eos_token} decide; the
     * tokens are those of {@code tokenizer_config.json}, else of {@code generation_config.json}.
     */
    SpecialIds read(Vocabulary vocabulary, HubPostProcessor template) {
        return read(vocabulary, bos(vocabulary), eos(vocabulary), template);
    }

    /**
     * The same for a {@code tokenizer.model}, before whose texts Transformers puts the beginning-of-text token.
     *
     * @param modelBos the token that the model itself names, for want of another
     * @param modelEos likewise
     */
    SpecialIds read(Vocabulary vocabulary, OptionalInt modelBos, OptionalInt modelEos) {
        OptionalInt bos = bos(vocabulary);
        OptionalInt eos = eos(vocabulary);
        OptionalInt first = bos.isPresent() ? bos : modelBos;
        HubPostProcessor template = new HubPostProcessor(first.stream().boxed().toList(), List.of());
        return read(vocabulary, first, eos.isPresent() ? eos : modelEos, template);
    }

    private OptionalInt bos(Vocabulary vocabulary) {
        return token(config.get("bos_token"), vocabulary)
                .or(() ->
                        ids(generation.get("bos_token_id"), vocabulary).stream().findFirst())
                .map(OptionalInt::of)
                .orElse(OptionalInt.empty());
    }

    private OptionalInt eos(Vocabulary vocabulary) {
        return token(config.get("eos_token"), vocabulary)
                .or(() ->
                        ids(generation.get("eos_token_id"), vocabulary).stream().findFirst())
                .map(OptionalInt::of)
                .orElse(OptionalInt.empty());
    }

    private SpecialIds read(Vocabulary vocabulary, OptionalInt bos, OptionalInt eos, HubPostProcessor template) {
        List<Integer> named = new ArrayList<>(ids(generation.get("eos_token_id"), vocabulary));
        eos.ifPresent(named::add);
        return new SpecialIds(
                bos,
                eos,
                framing(config, "bos_token", bos, template.prefix()),
                framing(config, "eos_token", eos, template.suffix()),
                EndOfGeneration.find(vocabulary, named));
    }

    private static List<Integer> framing(JsonField config, String name, OptionalInt id, List<Integer> template) {
        Optional<Boolean> add = config.get("add_" + name).flag();
        if (add.isEmpty()) {
            return template;
        }
        if (!add.get()) {
            return List.of();
        }
        if (id.isEmpty()) {
            throw config.get(name).refused("a token, since add_" + name + " is true");
        }
        return List.of(id.getAsInt());
    }

    /** A token by spelling, or an object with it as {@code content}. */
    private static Optional<Integer> token(JsonField field, Vocabulary vocabulary) {
        if (!field.isPresent()) {
            return Optional.empty();
        }
        JsonField content = field.isText() ? field : field.get("content");
        OptionalInt id = vocabulary.id(content.text());
        if (id.isEmpty()) {
            throw content.refused("a token of the vocabulary");
        }
        return Optional.of(id.getAsInt());
    }

    private static List<Integer> ids(JsonField field, Vocabulary vocabulary) {
        if (!field.isPresent()) {
            return List.of();
        }
        if (field.isList()) {
            return field.elements().stream().map(id -> id.id(vocabulary.size())).toList();
        }
        return List.of(field.id(vocabulary.size()));
    }
}
