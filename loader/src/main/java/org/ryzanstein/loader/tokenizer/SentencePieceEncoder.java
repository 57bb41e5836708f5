package org.ryzanstein.loader.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Turns normalised text into tokens, one call's worth: characters, merging, bytes for what has no token.
 *
 * <p>SentencePiece merges a whole text at once. Where no piece has a space behind another character, no merge reaches
 * over the beginning of a word, so that the words can be merged one by one with the same result; short ones are quicker.
 *
 * <p>A piece that the vocabulary marks as unused takes part in merging, and is then put back into the two parts from
 * which it was last put together, wherever that was in the text; so do sentencepiece and, with it, the models.
 */
final class SentencePieceEncoder implements AddedTokenMatcher.Segments {
    private final SentencePieces pieces;
    private final IntList out;
    private final WordMerger merger;
    private final IntList merged = new IntList();
    private final Map<Integer, Long> parts = new HashMap<>(); // unused piece to left << 32 | right
    private boolean afterUnknown;

    SentencePieceEncoder(SentencePieces pieces, IntList out) {
        this.pieces = pieces;
        this.out = out;
        this.merger =
                pieces.hasUnused() ? new WordMerger(pieces.merges(), this::remember) : new WordMerger(pieces.merges());
    }

    private void remember(int left, int right, int piece) {
        if (pieces.isUnused(piece)) {
            parts.put(piece, (long) left << 32 | right);
        }
    }

    @Override
    public void token(int id) {
        out.add(id);
        afterUnknown = false;
    }

    @Override
    public void text(String text, int start, int end) {
        for (int at = start; at < end; ) {
            int wordEnd = pieces.cutting().end(text, at, end);
            word(text, at, wordEnd);
            at = wordEnd;
        }
    }

    private void word(String text, int start, int end) {
        int[] symbols = merger.symbols(end - start);
        int length = 0;
        for (int at = start; at < end; ) {
            int codePoint = text.codePointAt(at);
            symbols[length++] = pieces.symbols().symbol(codePoint);
            at += Character.charCount(codePoint);
        }
        merged.clear();
        merger.merge(length, merged);
        for (int i = 0; i < merged.size(); i++) {
            emit(merged.get(i));
        }
    }

    private void emit(int symbol) {
        if (!pieces.symbols().isToken(symbol)) {
            character(pieces.symbols().codePoint(symbol));
            return;
        }
        Long halves = pieces.isUnused(symbol) ? parts.get(symbol) : null;
        if (halves != null) {
            emit((int) (halves >>> 32));
            emit(halves.intValue());
        } else {
            token(symbol);
        }
    }

    private void character(int codePoint) {
        if (pieces.hasBytes()) {
            for (byte value : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
                token(pieces.byteId(value & 0xFF));
            }
        } else {
            if (!afterUnknown) {
                token(pieces.unknown());
            }
            afterUnknown = true;
        }
    }
}
