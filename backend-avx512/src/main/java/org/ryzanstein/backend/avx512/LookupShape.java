package org.ryzanstein.backend.avx512;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * How a row of ternary weights is cut into words and chunks.
 *
 * <p>A word holds nine weights as three indexes of five bits: bits 0 .. 4, 5 .. 9 and 10 .. 14. An index is a number of three
 * base-3 digits (weight + 1), the least significant first, so it lies in 0 .. 26. Chunks are as many words as can be summed in
 * 16 bits: 28 * 3 * 381 = 32,004, where 381 = 3 * 127 is the largest sum of three activations.
 *
 * @param columns weights of a row
 * @param chunks chunks of a row, all of one size
 * @param words words of a chunk; the last chunk may end in words beyond the row, whose activations count as zero
 */
record LookupShape(int columns, int chunks, int words) {
    /** Weights that one index stands for. */
    static final int DIGITS = 3;
    /** Indexes of a word. */
    static final int INDEXES = 3;
    /** Weights of a word. */
    static final int WORD = DIGITS * INDEXES;
    /** Bits of an index. */
    static final int INDEX_BITS = 5;
    /** Values of an index. */
    static final int ENTRIES = 27;

    /** Words of a chunk at most. */
    static final int MAX_WORDS = 28;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long TOPS = 0x8080808080808080L;

    static LookupShape of(int columns) {
        int words = Math.ceilDiv(columns, WORD);
        int chunks = Math.ceilDiv(words, MAX_WORDS);
        return new LookupShape(columns, chunks, Math.ceilDiv(words, chunks));
    }

    /** Whether all are -1, 0 or 1; looks at eight bytes at a time. */
    static boolean areTernary(byte[] digits) {
        long wrong = 0;
        int i = 0;
        for (; i + Long.BYTES <= digits.length; i += Long.BYTES) {
            long eight = (long) LONG.get(digits, i);
            // Plus one in each byte: 0, 1 or 2 if it is right.
            long plusOne = ((eight & ~TOPS) + ONES) ^ (eight & TOPS);
            wrong |= (plusOne & ~(3 * ONES)) | (plusOne & (plusOne >>> 1) & ONES);
        }
        for (; i < digits.length; i++) {
            wrong |= Math.abs(digits[i]) <= 1 ? 0 : 1;
        }
        return wrong == 0;
    }

    /** Packs ternary digits into words, nine each. */
    static void pack(byte[] digits, short[] words) {
        for (int word = 0, d = 0; word < words.length; word++, d += WORD) {
            int first = index(digits, d);
            int second = index(digits, d + DIGITS);
            int third = index(digits, d + 2 * DIGITS);
            words[word] = (short) (first | (second << INDEX_BITS) | (third << (2 * INDEX_BITS)));
        }
    }

    private static int index(byte[] digits, int at) {
        return digits[at] + 3 * digits[at + 1] + 9 * digits[at + 2] + ENTRIES / 2;
    }

    /** Words of a row, those beyond its end included. */
    int rowWords() {
        return chunks * words;
    }

    /** Indexes of a row, those beyond its end included. */
    int rowIndexes() {
        return rowWords() * INDEXES;
    }

    /** Indexes of a chunk. */
    int chunkIndexes() {
        return words * INDEXES;
    }
}
