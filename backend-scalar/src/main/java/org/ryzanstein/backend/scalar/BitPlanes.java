package org.ryzanstein.backend.scalar;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.ryzanstein.backend.cpu.TernaryInput;

/**
 * Quantised activations as eight bit planes, the form that {@link TernaryMatrix} multiplies.
 *
 * <p>For each row and each word of 64 columns there are eight longs: bit i of long b is bit b of digit(64 * word + i) + 128.
 * The weights' masks hide what stands beyond the last column.
 */
final class BitPlanes extends TernaryInput {
    static final int PLANES = 8;
    static final int WORD = Long.SIZE;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** Turns a byte of two's complement into digit + 128. */
    private static final long SHIFT = 0x8080808080808080L;

    private final long[] planes; // (rows, words, 8)
    private final int words;

    BitPlanes(int rows, int columns) {
        super(rows, columns);
        this.words = wordsOf(columns);
        this.planes = new long[Math.multiplyExact(rows, words * PLANES)];
    }

    static int wordsOf(int columns) {
        return Math.ceilDiv(columns, WORD);
    }

    long[] planes() {
        return planes;
    }

    @Override
    protected void finish(int row) {
        int at = row * stride();
        int target = row * words * PLANES;
        for (int word = 0; word < words; word++, at += WORD, target += PLANES) {
            buildWord(at, target);
        }
    }

    private void buildWord(int at, int target) {
        long p0 = 0, p1 = 0, p2 = 0, p3 = 0, p4 = 0, p5 = 0, p6 = 0, p7 = 0;
        for (int group = 0; group < WORD; group += 8) {
            long t = transpose8x8((long) LONGS.get(bytes(), at + group) ^ SHIFT);
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
