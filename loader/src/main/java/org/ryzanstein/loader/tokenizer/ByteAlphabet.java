package org.ryzanstein.loader.tokenizer;

import java.util.Arrays;

/**
 * The alphabet in which byte-level vocabularies spell bytes (GPT-2): a printable Latin-1 character stands for its own
 * code, the other 68 bytes are U+0100 and up, in order. So a space is {@code Ġ} and a line feed {@code Ċ}.
 */
final class ByteAlphabet {
    private static final char[] CHARACTERS = new char[256];
    private static final short[] BYTES = new short[256 + 68];

    static {
        Arrays.fill(BYTES, (short) -1);
        char next = 256;
        for (int value = 0; value < 256; value++) {
            boolean printable = (value > 0x20 && value < 0x7F) || (value > 0xA0 && value != 0xAD);
            CHARACTERS[value] = printable ? (char) value : next++;
            BYTES[CHARACTERS[value]] = (short) value;
        }
    }

    private ByteAlphabet() {}

    /** The character that spells a byte, 0 to 255. */
    static char character(int value) {
        return CHARACTERS[value];
    }

    /** The byte that a character spells, or -1. */
    static int value(char character) {
        return character < BYTES.length ? BYTES[character] : -1;
    }

    /** Whether every character of a token spells a byte. */
    static boolean spells(String token) {
        for (int i = 0; i < token.length(); i++) {
            if (value(token.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }

    /** The bytes of a token for which {@link #spells} holds. */
    static byte[] decode(String token) {
        byte[] bytes = new byte[token.length()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) value(token.charAt(i));
        }
        return bytes;
    }
}
