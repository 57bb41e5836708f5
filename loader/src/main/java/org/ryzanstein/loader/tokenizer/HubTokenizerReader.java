package org.ryzanstein.loader.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * Builds a tokenizer from {@code tokenizer.json} and its companions. What would change the tokens and is not known here
 * is refused; {@code truncation} and {@code padding} are no part of a vocabulary and are left alone.
 */
final class HubTokenizerReader {
    private final Path directory;
    private final String source;

    HubTokenizerReader(Path directory) {
        this.directory = directory;
        this.source = directory.resolve("tokenizer.json").toString();
    }

    Tokenizer read() {
        requireFile();
        TokenizerJson json = TokenizerJson.read(directory.resolve("tokenizer.json"));
        checkModel(json.model());
        checkDecoder(json.rest().get("decoder"));
        TextNormalizer normalizer = normalizer(json.rest().get("normalizer"));
        PreTokenizer preTokenizer = HubPreTokenizer.read(
                json.rest().get("pre_tokenizer"),
                json.model().get("ignore_merges").bool(false));
        List<AddedToken> added = addedTokens(json.rest().get("added_tokens"));
        Vocabulary vocabulary = vocabulary(json.vocabulary(), added);
        return new BpeTokenizer(
                source,
                vocabulary,
                merges(json.merges(), vocabulary),
                preTokenizer,
                normalizer,
                new AddedTokens(source, "added_tokens", added, normalizer),
                special(vocabulary, json.rest().get("post_processor")));
    }

    private void requireFile() {
        if (Files.isRegularFile(directory.resolve("tokenizer.json"))) {
            return;
        }
        boolean sentencePiece = Files.exists(directory.resolve("tokenizer.model"));
        throw new ModelFormatException(directory + ": tokenizer.json: found "
                + (sentencePiece ? "only tokenizer.model (SentencePiece, not supported)" : "no such file")
                + ", expected a byte-level BPE vocabulary; download tokenizer.json into the model's directory");
    }

    private static void checkModel(JsonField model) {
        JsonField type = model.get("type");
        if (type.isPresent() && !type.text().equals("BPE")) {
            throw type.refused("BPE, the only kind that is supported");
        }
        model.get("continuing_subword_prefix").requireNone();
        model.get("end_of_word_suffix").requireNone();
        model.get("byte_fallback").requireFalse();
        JsonField dropout = model.get("dropout");
        if (dropout.isPresent() && !(dropout.node().isNumber() && dropout.node().doubleValue() == 0)) {
            throw dropout.refused("null: with dropout the same text has other tokens each time");
        }
    }

    private static void checkDecoder(JsonField decoder) {
        if (decoder.isPresent() && !decoder.get("type").text().equals("ByteLevel")) {
            throw decoder.get("type").refused("ByteLevel, the only kind that is supported");
        }
    }

    private static TextNormalizer normalizer(JsonField normalizer) {
        if (!normalizer.isPresent()) {
            return TextNormalizer.NONE;
        }
        return switch (normalizer.get("type").text()) {
            case "NFC" -> TextNormalizer.NFC;
            case "Sequence" ->
                normalizer.get("normalizers").elements().stream()
                        .map(HubTokenizerReader::normalizer)
                        .reduce(TextNormalizer.NONE, (all, one) -> one == TextNormalizer.NONE ? all : one);
            default -> throw normalizer.get("type").refused("NFC, or no normalizer");
        };
    }

    private static List<AddedToken> addedTokens(JsonField field) {
        List<AddedToken> tokens = new ArrayList<>();
        for (JsonField token : field.elements()) {
            boolean special = token.get("special").bool(false);
            tokens.add(new AddedToken(
                    token.get("id").id(Vocabulary.MAX_TOKENS),
                    token.get("content").text(),
                    special,
                    token.get("single_word").bool(false),
                    token.get("lstrip").bool(false),
                    token.get("rstrip").bool(false),
                    token.get("normalized").bool(!special)));
        }
        return tokens;
    }

    /** Ids that no token has are unused places. */
    private Vocabulary vocabulary(Map<String, Integer> model, List<AddedToken> added) {
        int last = -1;
        for (int id : model.values()) {
            last = Math.max(last, id);
        }
        for (AddedToken token : added) {
            last = Math.max(last, token.id());
        }
        String[] tokens = new String[last + 1];
        Arrays.fill(tokens, "");
        TokenKind[] kinds = new TokenKind[last + 1];
        Arrays.fill(kinds, TokenKind.NORMAL);
        model.forEach((token, id) -> place(tokens, id, token, "model.vocab"));
        for (AddedToken token : added) {
            place(tokens, token.id(), token.content(), "added_tokens");
            kinds[token.id()] = token.special() ? TokenKind.CONTROL : TokenKind.USER_DEFINED;
        }
        return new Vocabulary(source, "model.vocab", tokens, kinds);
    }

    private void place(String[] tokens, int id, String token, String field) {
        if (!tokens[id].isEmpty() && !tokens[id].equals(token)) {
            throw ModelFormatException.of(
                    source,
                    field,
                    "the id " + id + " for " + Messages.quote(tokens[id]) + " and for " + Messages.quote(token),
                    "each id once");
        }
        tokens[id] = token;
    }

    private MergeTable merges(List<String> pairs, Vocabulary vocabulary) {
        MergeTable merges = new MergeTable(source, "model.merges", pairs.size() / 2);
        for (int i = 0; i < pairs.size(); i += 2) {
            merges.add(source, "model.merges", pairs.get(i), pairs.get(i + 1), vocabulary);
        }
        return merges;
    }

    /**
     * The framing is that of {@code post_processor}, unless {@code add_bos_token} or {@code add_eos_token} decide; the
     * tokens are those of {@code tokenizer_config.json}, else of {@code generation_config.json}.
     */
    private SpecialIds special(Vocabulary vocabulary, JsonField postProcessor) {
        JsonField config = TokenizerJson.readTree(directory.resolve("tokenizer_config.json"));
        JsonField generation = TokenizerJson.readTree(directory.resolve("generation_config.json"));
        List<Integer> generationEos = ids(generation.get("eos_token_id"), vocabulary);
        OptionalInt bos = token(config.get("bos_token"), vocabulary)
                .or(() ->
                        ids(generation.get("bos_token_id"), vocabulary).stream().findFirst())
                .map(OptionalInt::of)
                .orElse(OptionalInt.empty());
        OptionalInt eos = token(config.get("eos_token"), vocabulary)
                .or(() -> generationEos.stream().findFirst())
                .map(OptionalInt::of)
                .orElse(OptionalInt.empty());
        HubPostProcessor template = HubPostProcessor.read(postProcessor, vocabulary.size());
        List<Integer> named = new ArrayList<>(generationEos);
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
