package org.ryzanstein.loader.tokenizer;

/**
 * Incremental UTF-8 decoding. A character comes out once its last byte is in; every maximal part of an invalid sequence
 * becomes one U+FFFD, as Unicode (chapter 3, "U+FFFD Substitution of Maximal Subparts") and Python's
 * {@code errors="replace"} have it. {@link java.nio.charset.CharsetDecoder} is not used because it makes one U+FFFD of
 * an encoded surrogate where they make three.
 */
final class Utf8Decoder {
    private static final char REPLACEMENT = '\uFFFD';

    private final StringBuilder out = new StringBuilder();
    private int codePoint;
    private int missing; // continuation bytes still to come
    private int lowest; // bounds of the next continuation byte
    private int highest;

    void append(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            append(bytes[i] & 0xFF);
        }
    }

    private void append(int value) {
        if (missing > 0) {
            if (value >= lowest && value <= highest) {
                continueWith(value);
                return;
            }
            missing = 0;
            out.append(REPLACEMENT);
        }
        start(value);
    }

    private void continueWith(int value) {
        codePoint = codePoint << 6 | (value & 0x3F);
        lowest = 0x80;
        highest = 0xBF;
        if (--missing == 0) {
            out.appendCodePoint(codePoint);
        }
    }

    private void start(int value) {
        lowest = 0x80;
        highest = 0xBF;
        if (value < 0x80) {
            out.append((char) value);
        } else if (value >= 0xC2 && value <= 0xDF) {
            codePoint = value & 0x1F;
            missing = 1;
        } else if (value >= 0xE0 && value <= 0xEF) {
            codePoint = value & 0x0F;
            missing = 2;
            lowest = value == 0xE0 ? 0xA0 : 0x80; // no overlong forms
            highest = value == 0xED ? 0x9F : 0xBF; // no surrogates
        } else if (value >= 0xF0 && value <= 0xF4) {
            codePoint = value & 0x07;
            missing = 3;
            lowest = value == 0xF0 ? 0x90 : 0x80; // no overlong forms
            highest = value == 0xF4 ? 0x8F : 0xBF; // nothing above U+10FFFF
        } else {
            out.append(REPLACEMENT);
        }
    }

    /** The characters completed since the last call. */
    String take() {
        if (out.isEmpty()) {
            return "";
        }
        String text = out.toString();
        out.setLength(0);
        return text;
    }

    /** Ends the text: an unfinished character becomes U+FFFD. */
    void finish() {
        if (missing > 0) {
            missing = 0;
            out.append(REPLACEMENT);
        }
    }
}
