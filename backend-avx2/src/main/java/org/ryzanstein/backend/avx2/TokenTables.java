package org.ryzanstein.backend.avx2;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products with sixteen rows of activations at once, each in a lane of its own, by the method of the Four Russians (V.
 * Arlazarov, E. Dinic, M. Kronrod, I. Faradzev, 1970): for every four activations, the 81 sums that four ternary weights can
 * make of them are computed once, and each weight row adds the one that its byte of {@link NibbleShape} names. Tables have an
 * entry for each of the 256 bytes, so that the byte is the index; the 175 that stand for no weights are never touched.
 */
final class TokenTables {
    /** Rows of activations that are multiplied together. */
    static final int TOKENS = Lanes.HALVES;
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
     * Builds the table of four activations of up to sixteen rows.
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
        ShortVector.zero(Lanes.SHORTS).intoArray(tables, to);
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
        ShortVector value = ShortVector.fromArray(Lanes.SHORTS, tables, to + plus);
        for (int index : BEFORE[digit]) {
            int entry = to + index * TOKENS;
            ShortVector sum = ShortVector.fromArray(Lanes.SHORTS, tables, entry);
            sum.add(value).intoArray(tables, entry + plus);
            sum.sub(value).intoArray(tables, entry + minus);
        }
    }

    /**
     * Adds what a panel gives to the sums of a block of weight rows.
     *
     * @param weights the block's bytes from the panel's first on, at {@code at}
     * @param sums shape (row, token), from {@code to} on
     */
    static void addPanel(MemorySegment weights, long at, short[] tables, short[] sums, int to) {
        for (int row = 0; row < NibbleShape.ROWS; row++) {
            long b = at + row;
            int i0 = weights.get(ValueLayout.JAVA_BYTE, b) & BYTE;
            int i1 = weights.get(ValueLayout.JAVA_BYTE, b + NibbleShape.ROWS) & BYTE;
            int i2 = weights.get(ValueLayout.JAVA_BYTE, b + 2 * NibbleShape.ROWS) & BYTE;
            int i3 = weights.get(ValueLayout.JAVA_BYTE, b + 3 * NibbleShape.ROWS) & BYTE;
            int i4 = weights.get(ValueLayout.JAVA_BYTE, b + 4 * NibbleShape.ROWS) & BYTE;
            int i5 = weights.get(ValueLayout.JAVA_BYTE, b + 5 * NibbleShape.ROWS) & BYTE;
            int i6 = weights.get(ValueLayout.JAVA_BYTE, b + 6 * NibbleShape.ROWS) & BYTE;
            int i7 = weights.get(ValueLayout.JAVA_BYTE, b + 7 * NibbleShape.ROWS) & BYTE;
            ShortVector.fromArray(Lanes.SHORTS, sums, to + row * TOKENS)
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, i0 * TOKENS))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, TABLE + i1 * TOKENS))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, 2 * TABLE + i2 * TOKENS))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, 3 * TABLE + i3 * TOKENS))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, 4 * TABLE + i4 * TOKENS))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, 5 * TABLE + i5 * TOKENS))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, 6 * TABLE + i6 * TOKENS))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, 7 * TABLE + i7 * TOKENS))
                    .intoArray(sums, to + row * TOKENS);
        }
    }

    /** The same for half a panel, where a row ends. */
    static void addHalfPanel(MemorySegment weights, long at, short[] tables, short[] sums, int to) {
        for (int row = 0; row < NibbleShape.ROWS; row++) {
            long b = at + row;
            int i0 = weights.get(ValueLayout.JAVA_BYTE, b) & BYTE;
            int i1 = weights.get(ValueLayout.JAVA_BYTE, b + NibbleShape.ROWS) & BYTE;
            int i2 = weights.get(ValueLayout.JAVA_BYTE, b + 2 * NibbleShape.ROWS) & BYTE;
            int i3 = weights.get(ValueLayout.JAVA_BYTE, b + 3 * NibbleShape.ROWS) & BYTE;
            ShortVector.fromArray(Lanes.SHORTS, sums, to + row * TOKENS)
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, i0 * TOKENS))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, TABLE + i1 * TOKENS))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, 2 * TABLE + i2 * TOKENS))
                    .add(ShortVector.fromArray(Lanes.SHORTS, tables, 3 * TABLE + i3 * TOKENS))
                    .intoArray(sums, to + row * TOKENS);
        }
    }
}
