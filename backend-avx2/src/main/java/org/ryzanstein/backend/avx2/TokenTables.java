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
        digits(packed, 0, digit).intoArray(tables, to + plus);
        digits(packed, Lanes.WORDS, digit).intoArray(tables, to + plus + Lanes.WORDS);
        ShortVector value = ShortVector.fromArray(Lanes.SHORTS, tables, to + plus);
        for (int index : BEFORE[digit]) {
            int entry = to + index * TOKENS;
            ShortVector sum = ShortVector.fromArray(Lanes.SHORTS, tables, entry);
            sum.add(value).intoArray(tables, entry + plus);
            sum.sub(value).intoArray(tables, entry + minus);
        }
    }

    private static ShortVector digits(int[] packed, int from, int digit) {
        IntVector all = IntVector.fromArray(Lanes.INTS, packed, from);
        IntVector top = all.lanewise(VectorOperators.LSHL, (NibbleShape.DIGITS - 1 - digit) * Byte.SIZE);
        IntVector own = top.lanewise(VectorOperators.ASHR, Integer.SIZE - Byte.SIZE);
        return (ShortVector) own.convertShape(VectorOperators.I2S, Lanes.SHORTS_8, 0);
    }

    /**
     * Adds what a panel gives to the sums of a block of weight rows.
     *
     * @param weights the block's bytes from the panel's first on, at {@code at}
     * @param sums shape (row, token), from {@code to} on
     */
    static void addPanel(MemorySegment weights, long at, short[] tables, short[] sums, int to) {
        for (int row = 0; row < NibbleShape.ROWS; row++) {
            long byteAt = at + row;
            ShortVector a = entry(weights, byteAt, tables, 0);
            ShortVector b = entry(weights, byteAt + NibbleShape.ROWS, tables, TABLE);
            ShortVector c = entry(weights, byteAt + 2 * NibbleShape.ROWS, tables, 2 * TABLE);
            ShortVector d = entry(weights, byteAt + 3 * NibbleShape.ROWS, tables, 3 * TABLE);
            ShortVector e = entry(weights, byteAt + 4 * NibbleShape.ROWS, tables, 4 * TABLE);
            ShortVector f = entry(weights, byteAt + 5 * NibbleShape.ROWS, tables, 5 * TABLE);
            ShortVector g = entry(weights, byteAt + 6 * NibbleShape.ROWS, tables, 6 * TABLE);
            ShortVector h = entry(weights, byteAt + 7 * NibbleShape.ROWS, tables, 7 * TABLE);
            ShortVector sum = ShortVector.fromArray(Lanes.SHORTS, sums, to + row * TOKENS);
            sum.add(a).add(b).add(c).add(d).add(e).add(f).add(g).add(h).intoArray(sums, to + row * TOKENS);
        }
    }

    /** The same for half a panel, where a row ends. */
    static void addHalfPanel(MemorySegment weights, long at, short[] tables, short[] sums, int to) {
        for (int row = 0; row < NibbleShape.ROWS; row++) {
            long byteAt = at + row;
            ShortVector a = entry(weights, byteAt, tables, 0);
            ShortVector b = entry(weights, byteAt + NibbleShape.ROWS, tables, TABLE);
            ShortVector c = entry(weights, byteAt + 2 * NibbleShape.ROWS, tables, 2 * TABLE);
            ShortVector d = entry(weights, byteAt + 3 * NibbleShape.ROWS, tables, 3 * TABLE);
            ShortVector sum = ShortVector.fromArray(Lanes.SHORTS, sums, to + row * TOKENS);
            sum.add(a).add(b).add(c).add(d).intoArray(sums, to + row * TOKENS);
        }
    }

    private static ShortVector entry(MemorySegment weights, long at, short[] tables, int table) {
        int index = Byte.toUnsignedInt(weights.get(ValueLayout.JAVA_BYTE, at));
        return ShortVector.fromArray(Lanes.SHORTS, tables, table + index * TOKENS);
    }
}
