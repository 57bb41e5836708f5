package org.ryzanstein.loader.tokenizer;

import java.util.Arrays;
import java.util.OptionalInt;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * The merges of a SentencePiece vocabulary. Such a vocabulary has none of its own: any two neighbours become one if
 * together they spell a piece, the piece of the highest score first (sentencepiece, {@code bpe_model.cc}). Here every
 * way to put a piece together from two others is worked out once, when the vocabulary is read; pieces of equal score
 * have equal rank, and so are merged from the left.
 */
final class ScoredMerges {
    /** Longest piece that is put together, in UTF-16 units; training allows 16 unless told otherwise. */
    static final int MAX_PIECE_LENGTH = 256;

    private ScoredMerges() {}

    /**
     * @param source the file and {@code field} the list of pieces, for messages
     * @param scores one for each token
     */
    static MergeTable of(String source, String field, Vocabulary vocabulary, float[] scores, SymbolTable symbols) {
        int[] ranks = ranks(source, field, scores);
        long count = 0;
        for (int id = 0; id < vocabulary.size(); id++) {
            if (vocabulary.kind(id).isPiece()) {
                checkLength(source, field, vocabulary, id);
                count += forEachSplit(vocabulary, id, symbols, (left, right) -> {});
            }
        }
        MergeTable merges = new MergeTable(source, field, (int) Math.min(count, Integer.MAX_VALUE));
        for (int id = 0; id < vocabulary.size(); id++) {
            if (vocabulary.kind(id).isPiece()) {
                int merged = id;
                forEachSplit(vocabulary, id, symbols, (left, right) -> merges.put(left, right, ranks[merged], merged));
            }
        }
        return merges;
    }

    private static void checkLength(String source, String field, Vocabulary vocabulary, int id) {
        int length = vocabulary.token(id).length();
        if (length > MAX_PIECE_LENGTH && vocabulary.kind(id) != TokenKind.USER_DEFINED) {
            throw ModelFormatException.of(
                    source, field, "piece " + id + " with " + length + " characters", "at most " + MAX_PIECE_LENGTH);
        }
    }

    /** The place of each token's score among all different scores, the highest being 0. */
    private static int[] ranks(String source, String field, float[] scores) {
        float[] sorted = new float[scores.length];
        for (int id = 0; id < scores.length; id++) {
            if (!Float.isFinite(scores[id])) {
                throw ModelFormatException.of(source, field, "score " + scores[id] + " of token " + id, "a number");
            }
            sorted[id] = key(scores[id]);
        }
        Arrays.sort(sorted);
        int different = 0;
        for (int i = 0; i < sorted.length; i++) {
            if (i == 0 || sorted[i] != sorted[i - 1]) {
                sorted[different++] = sorted[i];
            }
        }
        int[] ranks = new int[scores.length];
        for (int id = 0; id < scores.length; id++) {
            ranks[id] = Arrays.binarySearch(sorted, 0, different, key(scores[id]));
        }
        return ranks;
    }

    /** Falls as the score rises; both zeros are one. */
    private static float key(float score) {
        return 0f - score;
    }

    private static int forEachSplit(Vocabulary vocabulary, int id, SymbolTable symbols, Split split) {
        String piece = vocabulary.token(id);
        if (piece.length() > MAX_PIECE_LENGTH) {
            return 0;
        }
        int count = 0;
        for (int at = 0; at < piece.length(); ) {
            at += Character.charCount(piece.codePointAt(at));
            int left = at < piece.length() ? symbol(vocabulary, piece, 0, at, symbols) : -1;
            int right = left < 0 ? -1 : symbol(vocabulary, piece, at, piece.length(), symbols);
            if (right >= 0) {
                split.accept(left, right);
                count++;
            }
        }
        return count;
    }

    private static int symbol(Vocabulary vocabulary, String piece, int start, int end, SymbolTable symbols) {
        int first = piece.codePointAt(start);
        if (end - start == Character.charCount(first)) {
            return symbols.symbol(first);
        }
        OptionalInt id = vocabulary.id(piece.substring(start, end));
        return id.isPresent() && vocabulary.kind(id.getAsInt()).isPiece() ? id.getAsInt() : -1;
    }

    @FunctionalInterface
    private interface Split {
        void accept(int left, int right);
    }
}
