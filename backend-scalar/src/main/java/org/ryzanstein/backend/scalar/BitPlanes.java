package org.ryzanstein.backend.scalar;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.ryzanstein.api.kernel.QuantizedActivations;

/**
 * Quantised activations as eight bit planes, the form that {@link TernaryMatrix} multiplies.
 *
 * <p>For each row and each word of 64 columns there are eight longs: bit i of long b is bit b of digit(64 * word + i) + 128.
 * Digits beyond the last column count as 0 - 128 + 128 = 0 bits; the weights' masks hide them.
 */
final class BitPlanes implements QuantizedActivations {
    static final int PLANES = 8;
    static final int WORD = Long.SIZE;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** Shape (rows, words, 8). */
    final long[] planes;
    /** Factor of each row: a digit times it is the activation. */
    final float[] factors;

    private final int rows;
    private final int columns;
    private final int words;
    /** Digits + 128, shape (rows, words * 64). */
    private final byte[] shifted;

    BitPlanes(int rows, int columns) {
        this.rows = rows;
        this.columns = columns;
        this.words = wordsOf(columns);
        this.planes = new long[Math.multiplyExact(rows, words * PLANES)];
        this.shifted = new byte[Math.multiplyExact(rows, words * WORD)];
        this.factors = new float[rows];
    }

    static int wordsOf(int columns) {
        return Math.ceilDiv(columns, WORD);
    }

    static BitPlanes of(QuantizedActivations activations) {
        if (activations instanceof BitPlanes own) {
            return own;
        }
        throw new IllegalArgumentException(
                "activations of another backend: " + activations.getClass().getName());
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    int words() {
        return words;
    }

    void setDigit(int row, int column, int digit) {
        shifted[row * words * WORD + column] = (byte) (digit + 128);
    }

    int digit(int row, int column) {
        return (shifted[row * words * WORD + column] & 0xff) - 128;
    }

    /** Builds the planes of a row once its digits are set. */
    void buildPlanes(int row) {
        int bytes = row * words * WORD;
        int target = row * words * PLANES;
        for (int word = 0; word < words; word++, bytes += WORD, target += PLANES) {
            buildWord(bytes, target);
        }
    }

    private void buildWord(int bytes, int target) {
        long p0 = 0, p1 = 0, p2 = 0, p3 = 0, p4 = 0, p5 = 0, p6 = 0, p7 = 0;
        for (int group = 0; group < WORD; group += 8) {
            long t = transpose8x8((long) LONGS.get(shifted, bytes + group));
            p0 |= (t & 0xff) << group;
            p1 |= (t >>> 8 & 0xff) << group;
            p2 |= (t >>> 16 & 0xff) << group;
            p3 |= (t >>> 24 & 0xff) << group;
            p4 |= (t >>> 32 & 0xff) << group;
            p5 |= (t >>> 40 & 0xff) << group;
            p6 |= (t >>> 48 & 0xff) << group;
            p7 |= (t >>> 56) << group;
        }
        planes[target] = p0;
        planes[target + 1] = p1;
        planes[target + 2] = p2;
        planes[target + 3] = p3;
        planes[target + 4] = p4;
        planes[target + 5] = p5;
        planes[target + 6] = p6;
        planes[target + 7] = p7;
    }

    /** Transposes an 8 x 8 bit matrix whose rows are the bytes of {@code x} (Warren, Hacker's Delight, 7-3). */
    private static long transpose8x8(long x) {
        long t = (x ^ x >>> 7) & 0x00AA00AA00AA00AAL;
        x ^= t ^ t << 7;
        t = (x ^ x >>> 14) & 0x0000CCCC0000CCCCL;
        x ^= t ^ t << 14;
        t = (x ^ x >>> 28) & 0x00000000F0F0F0F0L;
        return x ^ t ^ t << 28;
    }
}
