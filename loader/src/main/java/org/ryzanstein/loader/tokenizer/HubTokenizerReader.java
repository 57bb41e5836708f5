package org.ryzanstein.loader.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * Builds a tokenizer from {@code tokenizer.json} and its companions. What would change the tokens and is not known here
 * is refused; {@code truncation} and {@code padding} are no part of a vocabulary and are left alone.
 */
final class HubTokenizerReader {
    private static final Pattern BYTE_TOKEN = Pattern.compile("<0x[0-9A-F]{2}>");

    private final Path directory;
    private final String source;

    HubTokenizerReader(Path directory) {
        this.directory = directory;
        this.source = directory.resolve("tokenizer.json").toString();
    }

    Tokenizer read() {
        requireFile();
        if (!Files.exists(directory.resolve("tokenizer.json"))) {
            return new SentencePieceDirectoryReader(directory).read();
        }
        TokenizerJson json = TokenizerJson.read(directory.resolve("tokenizer.json"));
        checkModel(json.model());
        return json.model().get("byte_fallback").bool(false) ? sentencePiece(json) : byteLevel(json);
    }

    private Tokenizer byteLevel(TokenizerJson json) {
        checkDecoder(json.rest().get("decoder"));
        TextNormalizer normalizer = normalizer(json.rest().get("normalizer"));
        PreTokenizer preTokenizer = HubPreTokenizer.read(
                json.rest().get("pre_tokenizer"),
                json.model().get("ignore_merges").bool(false));
        List<AddedToken> added = addedTokens(json.rest().get("added_tokens"));
        Vocabulary vocabulary = vocabulary(json.vocabulary(), added, Spelling.BYTE_LEVEL, AddedToken::content);
        return new BpeTokenizer(
                source,
                vocabulary,
                merges(json.merges(), vocabulary),
                preTokenizer,
                normalizer,
                new AddedTokens(source, "added_tokens", added, normalizer::normalize),
                special(vocabulary, json));
    }

    /** A SentencePiece vocabulary in the hub's own form, where the merges are listed instead of scored. */
    private Tokenizer sentencePiece(TokenizerJson json) {
        json.model().get("ignore_merges").requireFalse();
        HubSentencePiece rules = HubSentencePiece.read(json.rest());
        List<AddedToken> added = addedTokens(json.rest().get("added_tokens"));
        Vocabulary vocabulary = vocabulary(json.vocabulary(), added, Spelling.SENTENCE_PIECE, rules::shown);
        return new SentencePieceTokenizer(
                vocabulary,
                new SentencePieces(
                        source,
                        "model.vocab",
                        vocabulary,
                        new SymbolTable(vocabulary),
                        merges(json.merges(), vocabulary),
                        rules.cutBeforeEachSpace(),
                        true),
                rules.spaces(),
                rules.leadingSpace(),
                rules.addedTokens(source, added),
                special(vocabulary, json));
    }

    private SpecialIds special(Vocabulary vocabulary, TokenizerJson json) {
        HubPostProcessor template = HubPostProcessor.read(json.rest().get("post_processor"), vocabulary.size());
        return new HubSpecialTokens(directory).read(vocabulary, template);
    }

    private void requireFile() {
        if (!Files.isRegularFile(directory.resolve("tokenizer.json"))
                && !Files.isRegularFile(directory.resolve("tokenizer.model"))) {
            throw new ModelFormatException(directory
                    + ": tokenizer.json: found neither it nor tokenizer.model, expected one of them;"
                    + " download it into the model's directory");
        }
    }

    private static void checkModel(JsonField model) {
        JsonField type = model.get("type");
        if (type.isPresent() && !type.text().equals("BPE")) {
            throw type.refused("BPE, the only kind that is supported");
        }
        model.get("continuing_subword_prefix").requireNone();
        model.get("end_of_word_suffix").requireNone();
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
    private Vocabulary vocabulary(
            Map<String, Integer> model, List<AddedToken> added, Spelling spelling, Function<AddedToken, String> shown) {
        int last = -1;
        for (int id : model.values()) {
            last = Math.max(last, id);
        }
        for (AddedToken token : added) {
            last = Math.max(last, token.id());
        }
        Vocabulary.checkPlaces(source, "model.vocab", last + 1, model.size() + added.size());
        String[] tokens = new String[last + 1];
        Arrays.fill(tokens, "");
        TokenKind[] kinds = new TokenKind[last + 1];
        Arrays.fill(kinds, TokenKind.NORMAL);
        model.forEach((token, id) -> {
            place(tokens, id, token, "model.vocab");
            if (spelling == Spelling.SENTENCE_PIECE && isByteToken(token)) {
                kinds[id] = TokenKind.BYTE;
            }
        });
        for (AddedToken token : added) {
            place(tokens, token.id(), token.content(), "added_tokens");
            tokens[token.id()] = shown.apply(token);
            kinds[token.id()] = token.special() ? TokenKind.CONTROL : TokenKind.USER_DEFINED;
        }
        return new Vocabulary(source, "model.vocab", tokens, kinds, spelling);
    }

    /** Whether a token of a vocabulary with byte fallback stands for a byte, such as {@code <0x0A>}. */
    static boolean isByteToken(String token) {
        return BYTE_TOKEN.matcher(token).matches();
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
}
