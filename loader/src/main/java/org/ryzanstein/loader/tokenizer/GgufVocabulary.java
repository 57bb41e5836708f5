package org.ryzanstein.loader.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.ryzanstein.loader.format.Metadata;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * A hub directory's byte-level vocabulary in the form that GGUF stores. It is read back by the reader of GGUF files, and
 * refused where that would give another tokenizer than the directory has.
 *
 * @param preTokenizer value of {@code tokenizer.ggml.pre}
 * @param tokens spellings by id; places without a token are spelled {@code [PAD7]} and unused
 * @param types kinds by id, as GGUF numbers them
 * @param merges left and right part, with a space between
 * @param ids the keys of the tokens with a role, with their ids
 * @param notes what GGUF has no key for
 */
public record GgufVocabulary(
        String preTokenizer,
        List<String> tokens,
        int[] types,
        List<String> merges,
        Map<String, Integer> ids,
        boolean addBos,
        boolean addEos,
        List<String> notes) {
    private static final String PREFIX = "tokenizer.ggml.";
    private static final String BOS = PREFIX + "bos_token_id";
    private static final String EOS = PREFIX + "eos_token_id";
    /** Keys for further tokens that end an answer. */
    private static final List<String> MORE_ENDS = List.of(PREFIX + "eot_token_id", PREFIX + "eom_token_id");

    /** Names of {@code tokenizer.ggml.pre} that stand for their families; the first that fits is written. */
    private static final List<String> PREFERRED =
            List.of("llama-bpe", "smaug-bpe", "qwen2", "gpt-2", "starcoder", "default");

    /**
     * Reads a directory's {@code tokenizer.json} and its companions.
     *
     * @param vocabularySize rows of the model's embedding
     * @throws ModelFormatException naming what cannot be read, or cannot be said in GGUF
     */
    public static GgufVocabulary ofHub(Path directory, int vocabularySize) {
        Tokenizer hub = Tokenizers.fromHub(directory);
        if (!Files.exists(directory.resolve("tokenizer.json"))) {
            throw sentencePiece(directory.resolve("tokenizer.model").toString());
        }
        TokenizerJson json = TokenizerJson.read(directory.resolve("tokenizer.json"));
        if (json.model().get("byte_fallback").bool(false)) {
            throw sentencePiece(directory.resolve("tokenizer.json").toString());
        }
        String file = directory.resolve("tokenizer.json").toString();
        if (hub.vocabularySize() > vocabularySize) {
            throw ModelFormatException.of(
                    file,
                    "model.vocab",
                    hub.vocabularySize() + " tokens",
                    "at most the vocabulary of the model, " + vocabularySize);
        }
        String[] tokens = new String[vocabularySize];
        int[] types = new int[vocabularySize];
        for (int id = 0; id < vocabularySize; id++) {
            tokens[id] = "[PAD" + id + "]";
            types[id] = number(TokenKind.UNUSED);
        }
        json.vocabulary().forEach((token, id) -> {
            tokens[id] = token;
            types[id] = number(TokenKind.NORMAL);
        });
        List<String> notes = new ArrayList<>();
        addedTokens(json.rest().get("added_tokens"), tokens, types, notes);
        JsonField normalizer = json.rest().get("normalizer");
        if (normalizer.isPresent()) {
            notes.add(
                    "GGUF has no key for the normalizer of tokenizer.json: text that is not in Unicode's composed form"
                            + " may be cut into other tokens, as in llama.cpp");
        }
        List<String> merges = new ArrayList<>();
        for (int i = 0; i < json.merges().size(); i += 2) {
            merges.add(json.merges().get(i) + " " + json.merges().get(i + 1));
        }
        int[] framed = hub.encode("", new EncodeOptions(true, false));
        boolean addBos = framed.length > 0 && hub.bos().equals(OptionalInt.of(framed[0]));
        boolean addEos =
                framed.length > (addBos ? 1 : 0) && hub.eos().equals(OptionalInt.of(framed[framed.length - 1]));
        if (framed.length != (addBos ? 1 : 0) + (addEos ? 1 : 0)) {
            throw ModelFormatException.of(
                    file,
                    "post_processor",
                    "the tokens " + Arrays.toString(framed) + " around a text",
                    "at most the beginning-of-text token before it and the end-of-text token behind it");
        }
        Map<String, Integer> ids = new LinkedHashMap<>();
        hub.bos().ifPresent(id -> ids.put(BOS, id));
        hub.eos().ifPresent(id -> ids.put(EOS, id));
        GgufVocabulary vocabulary =
                new GgufVocabulary(preTokenizer(json), List.of(tokens), types, merges, ids, addBos, addEos, notes);
        return vocabulary.withEndsOf(hub, file);
    }

    private static ModelFormatException sentencePiece(String file) {
        return ModelFormatException.of(
                file,
                "vocabulary",
                "a SentencePiece vocabulary",
                "byte-level BPE: directories with SentencePiece are not converted; start from a GGUF file of the model");
    }

    private static int number(TokenKind kind) {
        return List.of(TokenKind.values()).indexOf(kind) + 1;
    }

    private static void addedTokens(JsonField field, String[] tokens, int[] types, List<String> notes) {
        List<String> flagged = new ArrayList<>();
        for (JsonField token : field.elements()) {
            int id = token.get("id").id(tokens.length);
            boolean special = token.get("special").bool(false);
            tokens[id] = token.get("content").text();
            types[id] = number(special ? TokenKind.CONTROL : TokenKind.USER_DEFINED);
            if (token.get("lstrip").bool(false)
                    || token.get("rstrip").bool(false)
                    || token.get("single_word").bool(false)) {
                flagged.add(tokens[id]);
            }
        }
        if (!flagged.isEmpty()) {
            notes.add("GGUF has no keys for lstrip, rstrip and single_word of added tokens: "
                    + Messages.quote(flagged.getFirst())
                    + (flagged.size() > 1 ? " and " + (flagged.size() - 1) + " more" : ""));
        }
    }

    private static String preTokenizer(TokenizerJson json) {
        JsonField field = json.rest().get("pre_tokenizer");
        PreTokenizer found =
                HubPreTokenizer.read(field, json.model().get("ignore_merges").bool(false));
        for (String name : PREFERRED) {
            PreTokenizer known = PreTokenizer.ofGguf(name).orElseThrow();
            if (known.stages().equals(found.stages()) && known.wholeWords() == found.wholeWords()) {
                return name;
            }
        }
        throw field.refused("a way of cutting text that tokenizer.ggml.pre has a name for: one of " + PREFERRED);
    }

    /** The same with keys for the tokens that end an answer and that GGUF's readers do not know by their spelling. */
    private GgufVocabulary withEndsOf(Tokenizer hub, String file) {
        Set<Integer> unknown = new TreeSet<>(hub.endOfGeneration());
        unknown.removeAll(readBack(file).endOfGeneration());
        if (unknown.size() > MORE_ENDS.size()) {
            throw ModelFormatException.of(
                    file,
                    "eos_token_id",
                    unknown.size() + " tokens with unusual names beside the first",
                    "at most " + MORE_ENDS.size() + ", for which GGUF has keys");
        }
        Map<String, Integer> more = new LinkedHashMap<>(ids);
        for (int id : unknown) {
            more.put(MORE_ENDS.get(more.size() - ids.size()), id);
        }
        GgufVocabulary complete =
                new GgufVocabulary(preTokenizer, tokens, types, merges, more, addBos, addEos, List.copyOf(notes));
        Set<Integer> found = complete.readBack(file).endOfGeneration();
        if (!found.equals(hub.endOfGeneration())) {
            throw ModelFormatException.of(
                    file,
                    "added_tokens",
                    "the ends of generation " + hub.endOfGeneration(),
                    "those that a reader of GGUF finds, " + found);
        }
        return complete;
    }

    private Tokenizer readBack(String file) {
        return Tokenizers.fromGguf(new Keys(file, this));
    }

    /** The keys as a reader of a GGUF file sees them. */
    private record Keys(String source, GgufVocabulary vocabulary) implements Metadata {
        @Override
        public Set<String> keys() {
            return Set.of();
        }

        @Override
        public Optional<String> string(String key) {
            return switch (key) {
                case PREFIX + "model" -> Optional.of("gpt2");
                case PREFIX + "pre" -> Optional.of(vocabulary.preTokenizer());
                default -> Optional.empty();
            };
        }

        @Override
        public OptionalLong integer(String key) {
            Integer id = vocabulary.ids().get(key);
            return id == null ? OptionalLong.empty() : OptionalLong.of(id);
        }

        @Override
        public OptionalDouble real(String key) {
            return OptionalDouble.empty();
        }

        @Override
        public Optional<Boolean> bool(String key) {
            return switch (key) {
                case PREFIX + "add_bos_token" -> Optional.of(vocabulary.addBos());
                case PREFIX + "add_eos_token" -> Optional.of(vocabulary.addEos());
                default -> Optional.empty();
            };
        }

        @Override
        public Optional<List<String>> strings(String key) {
            return switch (key) {
                case PREFIX + "tokens" -> Optional.of(vocabulary.tokens());
                case PREFIX + "merges" -> Optional.of(vocabulary.merges());
                default -> Optional.empty();
            };
        }

        @Override
        public Optional<int[]> integers(String key) {
            return key.equals(PREFIX + "token_type") ? Optional.of(vocabulary.types()) : Optional.empty();
        }

        @Override
        public Optional<float[]> reals(String key) {
            return Optional.empty();
        }
    }
}
