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
    /** Of the digits of an index, the last in the lowest byte. */
    private static final long WEIGHTS = 9 | 3 << 8 | 1 << 16;

    static LookupShape of(int columns) {
        int words = Math.ceilDiv(columns, WORD);
        int chunks = Math.ceilDiv(words, MAX_WORDS);
        return new LookupShape(columns, chunks, Math.ceilDiv(words, chunks));
    }

    /**
     * Packs ternary digits into words, nine each. A multiplication by {@link #WEIGHTS} leaves b[i] + 3 * b[i + 1] + 9 * b[i + 2] of
     * the bytes b of a long in its byte i + 2: two indexes in bytes 2 and 5 of the first eight digits, the third in byte 7 of the
     * last eight. No byte overflows, if the digits are ternary.
     *
     * @param digits a multiple of nine
     * @param words receives the words, {@code stride} elements apart from {@code at} on
     * @return whether all digits are -1, 0 or 1
     */
    static boolean pack(byte[] digits, short[] words, int at, int stride) {
        long wrong = 0;
        for (int d = 0; d < digits.length; d += WORD, at += stride) {
            long first = plusOne((long) LONG.get(digits, d));
            long last = plusOne((long) LONG.get(digits, d + 1));
            wrong |= aboveTwo(first) | aboveTwo(last);
            long two = first * WEIGHTS;
            long third = (last * WEIGHTS) >>> 56;
            words[at] = (short) ((two >>> 16 & 0xff) | (two >>> 40 & 0xff) << INDEX_BITS | third << (2 * INDEX_BITS));
        }
        return wrong == 0;
    }

    /** One more in each byte: 0, 1 or 2 for a digit. */
    private static long plusOne(long bytes) {
        return ((bytes & ~TOPS) + ONES) ^ (bytes & TOPS);
    }

    /** Not zero if a byte is above 2. */
    private static long aboveTwo(long bytes) {
        return (bytes & ~(3 * ONES)) | (bytes & (bytes >>> 1) & ONES);
    }

    /** Words of a row, those beyond its end included. */
    int rowWords() {
        return chunks * words;
    }

    /** Indexes of a chunk. */
    int chunkIndexes() {
        return words * INDEXES;
    }
}
