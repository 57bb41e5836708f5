package org.ryzanstein.loader.tokenizer;

import org.ryzanstein.loader.format.ModelFormatException;

/** Turns pieces of text into tokens, one call's worth: UTF-8 bytes, whole-word lookup, merging. */
final class PieceEncoder implements PreTokenizer.PieceConsumer {
    private final String source;
    private final Vocabulary vocabulary;
    private final int[] byteIds;
    private final boolean wholeWords;
    private final IntList out;
    private final WordMerger merger;
    private byte[] utf8 = new byte[64];

    PieceEncoder(
            String source, Vocabulary vocabulary, MergeTable merges, int[] byteIds, boolean wholeWords, IntList out) {
        this.source = source;
        this.vocabulary = vocabulary;
        this.byteIds = byteIds;
        this.wholeWords = wholeWords;
        this.out = out;
        this.merger = new WordMerger(merges);
    }

    @Override
    public void accept(String text, int start, int end) {
        int length = toUtf8(text, start, end);
        if (wholeWords) {
            int word = vocabulary.word(utf8, length);
            if (word >= 0) {
                out.add(word);
                return;
            }
        }
        int[] symbols = merger.symbols(length);
        for (int i = 0; i < length; i++) {
            int value = utf8[i] & 0xFF;
            if (byteIds[value] < 0) {
                throw ModelFormatException.of(
                        source,
                        "vocabulary",
                        String.format("no token for the byte 0x%02X, which the text contains", value),
                        "one for each byte; use the vocabulary that belongs to the model");
            }
            symbols[i] = byteIds[value];
        }
        merger.merge(length, out);
    }

    /** Writes well-formed UTF-16 as UTF-8; returns the length. */
    private int toUtf8(String text, int start, int end) {
        int room = Math.multiplyExact(end - start, 3);
        if (utf8.length < room) {
            utf8 = new byte[room];
        }
        int length = 0;
        for (int at = start; at < end; at++) {
            int unit = text.charAt(at);
            if (unit < 0x80) {
                utf8[length++] = (byte) unit;
            } else if (unit < 0x800) {
                utf8[length++] = (byte) (0xC0 | (unit >> 6));
                utf8[length++] = (byte) (0x80 | (unit & 0x3F));
            } else if (!Character.isSurrogate((char) unit)) {
                utf8[length++] = (byte) (0xE0 | (unit >> 12));
                utf8[length++] = (byte) (0x80 | ((unit >> 6) & 0x3F));
                utf8[length++] = (byte) (0x80 | (unit & 0x3F));
            } else {
                int codePoint = text.codePointAt(at++);
                utf8[length++] = (byte) (0xF0 | (codePoint >> 18));
                utf8[length++] = (byte) (0x80 | ((codePoint >> 12) & 0x3F));
                utf8[length++] = (byte) (0x80 | ((codePoint >> 6) & 0x3F));
                utf8[length++] = (byte) (0x80 | (codePoint & 0x3F));
            }
        }
        return length;
    }
}
