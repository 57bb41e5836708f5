package org.ryzanstein.loader.tokenizer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * Says in GGUF's keys what a SentencePiece vocabulary of the hub says, as llama.cpp's converter does. GGUF keeps scores: two
 * neighbours become one token if together they spell one, that of the highest score first. A {@code tokenizer.json} lists the
 * merges instead; where it was made of scores, as all conversions of SentencePiece are, their order gives scores back.
 */
final class SentencePieceKeys {
    /** Score of tokens that no merge leads to. */
    private static final float NEVER = -1000;

    private final GgufKeys keys;
    private final TokenTable table;
    private final float[] scores;

    private SentencePieceKeys(GgufKeys keys, TokenTable table) {
        this.keys = keys;
        this.table = table;
        this.scores = new float[table.size()];
        Arrays.fill(scores, NEVER);
    }

    /** The vocabulary of a directory's {@code tokenizer.model}, with the tokens that its companions add. */
    static void of(Path directory, GgufKeys keys, TokenTable table) {
        SentencePieceKeys result = new SentencePieceKeys(keys, table);
        SentencePieceDirectoryReader.Contents contents = new SentencePieceDirectoryReader(directory).contents();
        SentencePieceModel model = contents.model();
        if (!model.byteFallback()) {
            throw ModelFormatException.of(
                    keys.source(),
                    "model.trainer_spec.byte_fallback",
                    "false",
                    "true: readers of GGUF write what has no token as bytes");
        }
        for (int id = 0; id < model.pieces().length; id++) {
            if (!model.pieces()[id].isEmpty()) {
                result.put(
                        id, model.pieces()[id], model.kinds()[id], id < contents.pieces() ? model.scores()[id] : NEVER);
            }
        }
        for (AddedToken token : contents.added().values()) {
            if (token.stripLeft() || token.stripRight() || token.singleWord()) {
                table.flag(token.content());
            }
        }
        result.add(model.dummyPrefix(), model.removeExtraSpaces());
    }

    /** The vocabulary of a {@code tokenizer.json} with byte fallback. */
    static void of(TokenizerJson json, GgufKeys keys, TokenTable table) {
        SentencePieceKeys result = new SentencePieceKeys(keys, table);
        json.vocabulary().forEach((token, id) -> {
            boolean isByte = HubTokenizerReader.isByteToken(token);
            result.put(id, token, isByte ? TokenKind.BYTE : TokenKind.NORMAL, isByte ? 0 : NEVER);
        });
        table.addAll(json.rest().get("added_tokens"));
        JsonField unknown = json.model().get("unk_token");
        if (unknown.isPresent()) {
            @Nullable Integer id = json.vocabulary().get(unknown.text());
            if (id == null) {
                throw unknown.refused("a token of model.vocab");
            }
            result.put(id, unknown.text(), TokenKind.UNKNOWN, 0);
        }
        result.rank(json);
        SpaceRule spaces = HubSentencePiece.read(json.rest()).spaces();
        result.add(spaces.prefix() != SpaceRule.Prefix.NEVER, spaces.collapse());
    }

    /** Tokens that are matched as wholes are matched in the text as it was given, before spaces become marks. */
    private void put(int id, String token, TokenKind kind, float score) {
        boolean whole = kind == TokenKind.USER_DEFINED;
        table.put(id, whole ? token.replace(SpaceRule.MARK, ' ') : token, kind);
        scores[id] = score;
    }

    /** Scores that rank the pieces as the merges do; refused where no scores could. */
    private void rank(TokenizerJson json) {
        List<String> merged = new ArrayList<>();
        Map<String, Integer> ways = new HashMap<>();
        Map<String, Integer> last = new HashMap<>();
        for (int i = 0; i < json.merges().size(); i += 2) {
            String piece = json.merges().get(i) + json.merges().get(i + 1);
            last.put(piece, merged.size());
            ways.merge(piece, 1, Integer::sum);
            merged.add(piece);
        }
        int rank = 0;
        int groupEnd = -1;
        String first = "";
        for (int i = 0; i < merged.size(); i++) {
            String piece = merged.get(i);
            if (i > groupEnd) {
                rank++;
                first = piece;
            } else if (!piece.equals(first) && !(isRun(piece) && isRun(first))) {
                throw unranked(
                        json,
                        "merges to " + Messages.quote(first) + " and to " + Messages.quote(piece)
                                + " in no order of the two");
            }
            groupEnd = Math.max(groupEnd, Objects.requireNonNull(last.get(piece)));
            // The tokenizer was read from the same file, so the token is there.
            scores[Objects.requireNonNull(json.vocabulary().get(piece))] = -rank;
        }
        for (Map.Entry<String, Integer> token : json.vocabulary().entrySet()) {
            int id = token.getValue();
            if (table.kind(id) != TokenKind.NORMAL) {
                continue;
            }
            int possible = splits(token.getKey(), json.vocabulary());
            int listed = ways.getOrDefault(token.getKey(), 0);
            if (possible != listed) {
                throw unranked(
                        json,
                        listed + " of the " + possible + " ways to put " + Messages.quote(token.getKey())
                                + " together from other tokens");
            }
            if (listed == 0) {
                scores[id] = -rank - 1;
            }
        }
    }

    /** Whether a piece is one character over and over: in published vocabularies runs of spaces all have the same score. */
    private static boolean isRun(String piece) {
        return piece.codePoints().distinct().count() == 1;
    }

    private int splits(String piece, Map<String, Integer> ids) {
        int count = 0;
        for (int at = piece.offsetByCodePoints(0, 1); at < piece.length(); at = piece.offsetByCodePoints(at, 1)) {
            if (isPiece(ids.get(piece.substring(0, at))) && isPiece(ids.get(piece.substring(at)))) {
                count++;
            }
        }
        return count;
    }

    private boolean isPiece(@Nullable Integer id) {
        return id != null && table.kind(id) == TokenKind.NORMAL;
    }

    private static ModelFormatException unranked(TokenizerJson json, String found) {
        return ModelFormatException.of(
                json.rest().file(),
                "model.merges",
                found,
                "the merges that scores of pieces give, the only ones that GGUF can say; if there is a tokenizer.model"
                        + " beside it, convert from a copy of the directory without tokenizer.json");
    }

    private void add(boolean spaceBefore, boolean removeExtraSpaces) {
        keys.with(GgufVocabulary.PREFIX + "model", "llama")
                .with(GgufVocabulary.PREFIX + "pre", "default")
                .with(GgufVocabulary.PREFIX + "tokens", table.tokens())
                .with(GgufVocabulary.PREFIX + "scores", scores)
                .with(GgufVocabulary.PREFIX + "token_type", table.types())
                .with(GgufVocabulary.PREFIX + "add_space_prefix", spaceBefore)
                .with(GgufVocabulary.PREFIX + "remove_extra_whitespaces", removeExtraSpaces);
        List<Integer> unknown = IntStream.range(0, table.size())
                .filter(id -> table.kind(id) == TokenKind.UNKNOWN)
                .boxed()
                .toList();
        if (!unknown.isEmpty()) {
            keys.with(GgufVocabulary.PREFIX + "unknown_token_id", unknown.getFirst());
        }
    }
}
