package org.ryzanstein.loader.tokenizer;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * Builds a tokenizer from {@code tokenizer.model} and its companions: {@code tokenizer_config.json} for the tokens with a
 * role and those added to the pieces ({@code added_tokens_decoder}), {@code generation_config.json} for the end of an
 * answer. Special tokens split the text, and a space goes before every stretch between them, as in Transformers unless
 * {@code legacy} is false: then only before the first.
 */
final class SentencePieceDirectoryReader {
    private final Path directory;
    private final String source;
    private final HubSpecialTokens specialTokens;

    SentencePieceDirectoryReader(Path directory) {
        this.directory = directory;
        this.source = directory.resolve("tokenizer.model").toString();
        this.specialTokens = new HubSpecialTokens(directory);
    }

    /**
     * What a directory says.
     *
     * @param model the pieces, and the tokens that were added to them
     * @param pieces how many of them the model file itself has
     * @param added the tokens that are matched as wholes, by id
     */
    record Contents(SentencePieceModel model, int pieces, Map<Integer, AddedToken> added) {}

    Tokenizer read() {
        Contents contents = contents();
        return tokenizer(
                contents.model(),
                new AddedTokens(
                        source,
                        "model.pieces",
                        contents.added().values().stream().toList(),
                        t -> t));
    }

    Contents contents() {
        SentencePieceModel model = SentencePieceModelReader.read(directory.resolve("tokenizer.model"));
        int pieceCount = model.pieces().length;
        Map<Integer, AddedToken> added = addedTokens();
        checkAddedTokensFile(added, pieceCount);
        int size = pieceCount;
        for (int id : added.keySet()) {
            size = Math.max(size, id + 1);
        }
        Vocabulary.checkPlaces(source, "model.pieces", size, pieceCount + added.size());
        model = model.extendedTo(size);
        for (AddedToken token : added.values()) {
            place(model, token);
        }
        for (int id = 0; id < pieceCount; id++) {
            AddedToken token = ofPiece(id, model.pieces()[id], model.kinds()[id]);
            if (token != null) {
                added.putIfAbsent(id, token);
            }
        }
        return new Contents(model, pieceCount, added);
    }

    private Tokenizer tokenizer(SentencePieceModel model, AddedTokens added) {
        String field = "model.pieces";
        Vocabulary vocabulary = new Vocabulary(source, field, model.pieces(), model.kinds(), Spelling.SENTENCE_PIECE);
        SymbolTable symbols = new SymbolTable(vocabulary);
        MergeTable merges = ScoredMerges.of(source, field, vocabulary, model.scores(), symbols);
        SpaceRule.Prefix prefix = SpaceRule.Prefix.NEVER;
        if (model.dummyPrefix()) {
            boolean legacy = specialTokens.config().get("legacy").bool(true);
            prefix = legacy ? SpaceRule.Prefix.EVERY : SpaceRule.Prefix.FIRST;
        }
        return new SentencePieceTokenizer(
                vocabulary,
                new SentencePieces(source, field, vocabulary, symbols, merges, false, model.byteFallback()),
                new SpaceRule(prefix, false, model.removeExtraSpaces()),
                LeadingSpace.of(model.dummyPrefix(), model.removeExtraSpaces()),
                added,
                specialTokens.read(
                        vocabulary, control(vocabulary, model.bosPiece()), control(vocabulary, model.eosPiece())));
    }

    private static OptionalInt control(Vocabulary vocabulary, String piece) {
        OptionalInt id = vocabulary.id(piece);
        return id.isPresent() && vocabulary.kind(id.getAsInt()) == TokenKind.CONTROL ? id : OptionalInt.empty();
    }

    private static @Nullable AddedToken ofPiece(int id, String piece, TokenKind kind) {
        return switch (kind) {
            case CONTROL, UNKNOWN -> AddedToken.plain(id, piece, true);
            case USER_DEFINED -> new AddedToken(id, piece, false, false, false, false, true);
            case NORMAL, UNUSED, BYTE -> null;
        };
    }

    private Map<Integer, AddedToken> addedTokens() {
        Map<Integer, AddedToken> tokens = new LinkedHashMap<>();
        JsonField decoder = specialTokens.config().get("added_tokens_decoder");
        for (String name : decoder.names()) {
            JsonField token = decoder.get(name);
            int id = id(decoder, name);
            tokens.put(
                    id,
                    new AddedToken(
                            id,
                            token.get("content").text(),
                            token.get("special").bool(false),
                            token.get("single_word").bool(false),
                            token.get("lstrip").bool(false),
                            token.get("rstrip").bool(false),
                            false));
        }
        return tokens;
    }

    private static int id(JsonField decoder, String name) {
        try {
            int id = Integer.parseInt(name);
            if (id >= 0 && id < Vocabulary.MAX_TOKENS) {
                return id;
            }
        } catch (NumberFormatException e) {
            throw ModelFormatException.of(decoder.file(), decoder.path(), Messages.quote(name), "token ids", e);
        }
        throw ModelFormatException.of(
                decoder.file(), decoder.path(), Messages.quote(name), "ids from 0 to " + (Vocabulary.MAX_TOKENS - 1));
    }

    /** The older list has no flags: without them, how its tokens are matched is not known. */
    private void checkAddedTokensFile(Map<Integer, AddedToken> added, int pieceCount) {
        JsonField file = TokenizerJson.readTree(directory.resolve("added_tokens.json"));
        for (String name : file.names()) {
            int id = file.get(name).id(Vocabulary.MAX_TOKENS);
            if (id >= pieceCount && !added.containsKey(id)) {
                throw file.get(name)
                        .refused("a token that added_tokens_decoder of tokenizer_config.json describes, or a"
                                + " tokenizer.json beside it");
            }
        }
    }

    private void place(SentencePieceModel model, AddedToken token) {
        String piece = model.pieces()[token.id()];
        if (!piece.isEmpty() && !piece.equals(token.content())) {
            throw ModelFormatException.of(
                    source,
                    "model.pieces",
                    "the id " + token.id() + " for " + Messages.quote(piece) + ", and for "
                            + Messages.quote(token.content()) + " in tokenizer_config.json",
                    "each id once");
        }
        model.pieces()[token.id()] = token.content();
        if (model.kinds()[token.id()] != TokenKind.UNKNOWN) {
            model.kinds()[token.id()] = token.special() ? TokenKind.CONTROL : TokenKind.USER_DEFINED;
        }
    }
}
