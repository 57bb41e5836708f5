package org.ryzanstein.backend.avx2;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products with 32 rows of activations at once, each in a lane of its own, by the method of the Four Russians (V.
 * Arlazarov, E. Dinic, M. Kronrod, I. Faradzev, 1970): for every four activations, the 81 sums that four ternary weights can
 * make of them are computed once, and each weight row adds the one that its byte of {@link NibbleShape} names. Tables have an
 * entry for each of the 256 bytes, so that the byte is the index; the 175 that stand for no weights are never touched.
 */
final class TokenTables {
    /** Rows of activations that are multiplied together. */
    static final int TOKENS = 2 * Lanes.HALVES;
    /** Tables that are used together: what is touched of them, 8 * 81 * 32 bytes, stays in the first-level cache. */
    static final int PANEL = 8;
    /** Elements of the table of four activations. */
    static final int TABLE = 256 * TOKENS;

    private static final int BYTE = 255;
    /** In an index, from the bit of a weight of 1 to that of -1. */
    private static final int MINUS = 1 << NibbleShape.DIGITS;

    /** For each of the four weights, the indexes of all choices of the weights before it. */
    private static final int[][] BEFORE = before();

    private static final VarHandle FOUR_DIGITS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private TokenTables() {}

    private static int[][] before() {
        int[][] all = new int[NibbleShape.DIGITS][];
        int[] indexes = {0};
        for (int digit = 0; digit < all.length; digit++) {
            all[digit] = indexes;
            int[] more = new int[3 * indexes.length];
            for (int i = 0; i < indexes.length; i++) {
                more[3 * i] = indexes[i];
                more[3 * i + 1] = indexes[i] | (1 << digit);
                more[3 * i + 2] = indexes[i] | (MINUS << digit);
            }
            indexes = more;
        }
        return all;
    }

    /**
     * Builds the table of four activations of up to {@value #TOKENS} rows.
     *
     * @param digits of the first row from {@code at} on, those of the next {@code stride} after it
     * @param count rows; lanes beyond them are left with values of no meaning
     * @param packed scratch, {@link #TOKENS} elements
     * @param to index of the table's first element
     */
    static void build(byte[] digits, int at, int stride, int count, int[] packed, short[] tables, int to) {
        for (int i = 0; i < count; i++) {
            packed[i] = (int) FOUR_DIGITS.get(digits, at + i * stride);
        }
        Arrays.fill(tables, to, to + TOKENS, (short) 0);
        for (int digit = 0; digit < NibbleShape.DIGITS; digit++) {
            spread(packed, digit, tables, to);
        }
    }

    /** Makes all sums with 1 and -1 times a digit of those with the digits before it. */
    private static void spread(int[] packed, int digit, short[] tables, int to) {
        int plus = TOKENS << digit;
        int minus = (MINUS * TOKENS) << digit;
        // Into the entry of the digit alone, which is where its two halves are read as one vector.
        int up = (NibbleShape.DIGITS - 1 - digit) * Byte.SIZE;
        for (int i = 0; i < TOKENS; i += Lanes.WORDS) {
            IntVector own = IntVector.fromArray(Lanes.INTS, packed, i)
                    .lanewise(VectorOperators.LSHL, up)
                    .lanewise(VectorOperators.ASHR, Integer.SIZE - Byte.SIZE);
            ((ShortVector) own.convertShape(VectorOperators.I2S, Lanes.SHORTS_8, 0)).intoArray(tables, to + plus + i);
        }
        for (int i = 0; i < TOKENS; i += Lanes.HALVES) {
            ShortVector value = ShortVector.fromArray(Lanes.SHORTS, tables, to + plus + i);
            for (int index : BEFORE[digit]) {
                int entry = to + index * TOKENS + i;
                ShortVector sum = ShortVector.fromArray(Lanes.SHORTS, tables, entry);
                sum.add(value).intoArray(tables, entry + plus);
                sum.sub(value).intoArray(tables, entry + minus);
            }
        }
    }

    /**
     * Adds what a panel gives to the sums of a block of weight rows.
     *
     * @param bytes the block's bytes from the panel's first on
     * @param sums shape (row, token), from {@code to} on
     */
    static void addPanel(byte[] bytes, short[] tables, short[] sums, int to) {
        for (int row = 0; row < NibbleShape.ROWS; row++) {
            int t0 = (bytes[row] & BYTE) * TOKENS;
            int t1 = (bytes[row + NibbleShape.ROWS] & BYTE) * TOKENS + TABLE;
            int t2 = (bytes[row + 2 * NibbleShape.ROWS] & BYTE) * TOKENS + 2 * TABLE;
            int t3 = (bytes[row + 3 * NibbleShape.ROWS] & BYTE) * TOKENS + 3 * TABLE;
            int t4 = (bytes[row + 4 * NibbleShape.ROWS] & BYTE) * TOKENS + 4 * TABLE;
            int t5 = (bytes[row + 5 * NibbleShape.ROWS] & BYTE) * TOKENS + 5 * TABLE;
            int t6 = (bytes[row + 6 * NibbleShape.ROWS] & BYTE) * TOKENS + 6 * TABLE;
            int t7 = (bytes[row + 7 * NibbleShape.ROWS] & BYTE) * TOKENS + 7 * TABLE;
            int sum = to + row * TOKENS;
            ShortVector.fromArray(Lanes.SHORTS, sums, sum)
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t0))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t1))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t2))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t3))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t4))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t5))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t6))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t7))
                    .intoArray(sums, sum);
            ShortVector.fromArray(Lanes.SHORTS, sums, sum + Lanes.HALVES)
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t0 + Lanes.HALVES))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t1 + Lanes.HALVES))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t2 + Lanes.HALVES))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t3 + Lanes.HALVES))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t4 + Lanes.HALVES))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t5 + Lanes.HALVES))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t6 + Lanes.HALVES))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t7 + Lanes.HALVES))
                    .intoArray(sums, sum + Lanes.HALVES);
        }
    }

    /** The same for half a panel, where a row ends. */
    static void addHalfPanel(byte[] bytes, short[] tables, short[] sums, int to) {
        for (int row = 0; row < NibbleShape.ROWS; row++) {
            int t0 = (bytes[row] & BYTE) * TOKENS;
            int t1 = (bytes[row + NibbleShape.ROWS] & BYTE) * TOKENS + TABLE;
            int t2 = (bytes[row + 2 * NibbleShape.ROWS] & BYTE) * TOKENS + 2 * TABLE;
            int t3 = (bytes[row + 3 * NibbleShape.ROWS] & BYTE) * TOKENS + 3 * TABLE;
            int sum = to + row * TOKENS;
            ShortVector.fromArray(Lanes.SHORTS, sums, sum)
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t0))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t1))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t2))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t3))
                    .intoArray(sums, sum);
            ShortVector.fromArray(Lanes.SHORTS, sums, sum + Lanes.HALVES)
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t0 + Lanes.HALVES))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t1 + Lanes.HALVES))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t2 + Lanes.HALVES))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, t3 + Lanes.HALVES))
                    .intoArray(sums, sum + Lanes.HALVES);
        }
    }
}
