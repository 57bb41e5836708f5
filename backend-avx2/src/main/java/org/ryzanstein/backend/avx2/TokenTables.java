package org.ryzanstein.backend.avx2;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/**
 * Products with 32 rows of activations at once, each in a lane of its own, by the method of the Four Russians (V.
 * Arlazarov, E. Dinic, M. Kronrod, I. Faradzev, 1970): for every four activations, the 81 sums that four ternary weights can
 * make of them are computed once, and each weight row adds the one that its byte of {@link NibbleShape} names. Tables have an
 * entry for each of the 256 bytes, so that the byte is the index; the 175 that stand for no weights are never touched.
 *
 * <p>What is touched of a panel's tables, 8 * 81 * 64 bytes, fits the first-level cache. Two things decide the speed. An entry
 * begins at a cache line, hence native memory, and each table is shifted by some lines against the one before: the bytes in use
 * have few of the values of their low six bits, which would choose the same few sets of the cache in all tables. And the sums of a
 * weight row go through its eight entries one after the other, both vectors of each, so that one index at a time is live.
 */
final class TokenTables {
    // For turning 8 x 8 words: lanes that are one, two or four apart change places, and which of them are the upper
    // ones.
    private static final VectorShuffle<Integer> SWAP_1 = VectorShuffle.fromOp(Lanes.INTS, lane -> lane ^ 1);
    private static final VectorShuffle<Integer> SWAP_2 = VectorShuffle.fromOp(Lanes.INTS, lane -> lane ^ 2);
    private static final VectorShuffle<Integer> SWAP_4 = VectorShuffle.fromOp(Lanes.INTS, lane -> lane ^ 4);
    private static final VectorMask<Integer> ODD_1 = VectorMask.fromLong(Lanes.INTS, 0b10101010);
    private static final VectorMask<Integer> ODD_2 = VectorMask.fromLong(Lanes.INTS, 0b11001100);
    private static final VectorMask<Integer> ODD_4 = VectorMask.fromLong(Lanes.INTS, 0b11110000);

    /** Rows of activations that are multiplied together. */
    static final int TOKENS = 2 * Lanes.HALVES;
    /** Tables that are used together. */
    static final int PANEL = 8;
    /** Digits of a row of activations that a panel stands for. */
    static final int COLUMNS = PANEL * NibbleShape.DIGITS;

    private static final int HALF = Lanes.HALVES * Short.BYTES;
    /** Bytes of an entry: a sum for each row of activations. */
    private static final int ENTRY = 2 * HALF;

    private static final int ENTRY_BITS = 6;
    /** Cache lines that a table is shifted by against the one before. */
    private static final int SHIFT = 23;
    /** Bytes from a table to the next. */
    private static final int TABLE = (256 + SHIFT) * ENTRY;
    /** Bytes of a panel's tables. */
    static final int BYTES = PANEL * TABLE;

    // Where an entry lies whose byte has a weight of 1 or -1 in the first or second place.
    private static final int PLUS_1 = ENTRY;
    private static final int PLUS_2 = 2 * ENTRY;
    private static final int MINUS_1 = PLUS_1 << NibbleShape.DIGITS;
    private static final int MINUS_2 = PLUS_2 << NibbleShape.DIGITS;
    // The same for the third and fourth place.
    private static final int PLUS_3 = 4 * ENTRY;
    private static final int PLUS_4 = 8 * ENTRY;
    private static final int MINUS_3 = PLUS_3 << NibbleShape.DIGITS;
    private static final int MINUS_4 = PLUS_4 << NibbleShape.DIGITS;

    /** Where the entries lie that have weights in the third and fourth place only. */
    private static final int[] PAIRS = {
        0, PLUS_3, MINUS_3, PLUS_4, PLUS_4 + PLUS_3, PLUS_4 + MINUS_3, MINUS_4, MINUS_4 + PLUS_3, MINUS_4 + MINUS_3
    };

    private static final VarHandle FOUR_DIGITS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private TokenTables() {}

    /**
     * Turns digits of a panel from (row of activations, digit) to (digit, row), in 16 bits.
     *
     * @param digits of the first row from {@code at} on, those of the next {@code stride} after it
     * @param count rows, at most {@link #TOKENS}; lanes beyond them are left with values of no meaning
     * @param groups of four digits, at most {@link #PANEL}
     * @param packed scratch, {@code PANEL * TOKENS} elements
     * @param lanes receives {@code groups * 4 * TOKENS} elements
     */
    static void turn(byte[] digits, int at, int stride, int count, int groups, int[] packed, short[] lanes) {
        for (int i = 0; i < count; i++) {
            // Rows of even numbers before those of odd ones: lanes of 32 bits hold one of each.
            int slot = (i & 1) * Lanes.HALVES + (i >> 1);
            for (int g = 0; g < groups; g++) {
                packed[g * TOKENS + slot] = (int) FOUR_DIGITS.get(digits, at + i * stride + g * NibbleShape.DIGITS);
            }
        }
        for (int g = 0; g < groups; g++) {
            for (int i = 0; i < Lanes.HALVES; i += Lanes.WORDS) {
                turnEight(packed, g * TOKENS + i, lanes, g * NibbleShape.DIGITS * TOKENS + 2 * i);
            }
        }
    }

    /** Four digits of sixteen rows. */
    private static void turnEight(int[] packed, int at, short[] lanes, int to) {
        IntVector even = Lanes.INT.cast(IntVector.fromArray(Lanes.INTS, packed, at));
        IntVector odd = Lanes.INT.cast(IntVector.fromArray(Lanes.INTS, packed, at + Lanes.HALVES));
        for (int digit = 0; digit < NibbleShape.DIGITS; digit++) {
            int up = (NibbleShape.DIGITS - 1 - digit) * Byte.SIZE;
            IntVector low = Lanes.INT.cast(Lanes.INT
                    .cast(Lanes.INT
                            .cast(even.lanewise(VectorOperators.LSHL, up))
                            .lanewise(VectorOperators.ASHR, Integer.SIZE - Byte.SIZE))
                    .and(0xffff));
            IntVector high = Lanes.INT
                    .cast(Lanes.INT
                            .cast(odd.lanewise(VectorOperators.LSHL, up))
                            .lanewise(VectorOperators.ASHR, Integer.SIZE - Byte.SIZE))
                    .lanewise(VectorOperators.LSHL, Short.SIZE);
            Lanes.SHORT.cast(Lanes.INT.cast(low.or(high)).reinterpretAsShorts()).intoArray(lanes, to + digit * TOKENS);
        }
    }

    /**
     * Adds the magnitudes of digits, which bound what sums can become.
     *
     * @param lanes as of {@link #turn}
     * @param bounds for each row of activations; a panel adds at most {@code 127 * COLUMNS}
     * @return the largest bound
     */
    static int addMagnitudes(short[] lanes, int groups, short[] bounds) {
        ShortVector first = ShortVector.fromArray(Lanes.SHORTS, bounds, 0);
        ShortVector second = ShortVector.fromArray(Lanes.SHORTS, bounds, Lanes.HALVES);
        for (int i = 0; i < groups * NibbleShape.DIGITS * TOKENS; i += TOKENS) {
            first = Lanes.SHORT
                    .cast(first)
                    .add(Lanes.SHORT
                            .cast(ShortVector.fromArray(Lanes.SHORTS, lanes, i))
                            .abs());
            second = Lanes.SHORT
                    .cast(second)
                    .add(Lanes.SHORT
                            .cast(ShortVector.fromArray(Lanes.SHORTS, lanes, i + Lanes.HALVES))
                            .abs());
        }
        Lanes.SHORT.cast(first).intoArray(bounds, 0);
        Lanes.SHORT.cast(second).intoArray(bounds, Lanes.HALVES);
        return Lanes.SHORT.cast(Lanes.SHORT.cast(first).max(second)).reduceLanes(VectorOperators.MAX);
    }

    /**
     * Builds the tables of a panel.
     *
     * @param lanes as of {@link #turn}
     */
    static void build(short[] lanes, int groups, MemorySegment tables) {
        for (int g = 0; g < groups; g++) {
            for (int half = 0; half < 2; half++) {
                int at = g * NibbleShape.DIGITS * TOKENS + half * Lanes.HALVES;
                long to = (long) g * TABLE + (long) half * HALF;
                buildPairs(lanes, at, tables, to);
                buildOthers(lanes, at, tables, to);
            }
        }
    }

    /** Entries with weights in the third and fourth place only. */
    private static void buildPairs(short[] lanes, int at, MemorySegment tables, long to) {
        ShortVector third = Lanes.SHORT.cast(ShortVector.fromArray(Lanes.SHORTS, lanes, at + 2 * TOKENS));
        ShortVector fourth = Lanes.SHORT.cast(ShortVector.fromArray(Lanes.SHORTS, lanes, at + 3 * TOKENS));
        ShortVector minus = Lanes.SHORT.cast(fourth.neg());
        Lanes.SHORT.cast(ShortVector.zero(Lanes.SHORTS)).intoMemorySegment(tables, to, ByteOrder.LITTLE_ENDIAN);
        third.intoMemorySegment(tables, to + PLUS_3, ByteOrder.LITTLE_ENDIAN);
        Lanes.SHORT.cast(third.neg()).intoMemorySegment(tables, to + MINUS_3, ByteOrder.LITTLE_ENDIAN);
        fourth.intoMemorySegment(tables, to + PLUS_4, ByteOrder.LITTLE_ENDIAN);
        Lanes.SHORT.cast(fourth.add(third)).intoMemorySegment(tables, to + PLUS_4 + PLUS_3, ByteOrder.LITTLE_ENDIAN);
        Lanes.SHORT.cast(fourth.sub(third)).intoMemorySegment(tables, to + PLUS_4 + MINUS_3, ByteOrder.LITTLE_ENDIAN);
        minus.intoMemorySegment(tables, to + MINUS_4, ByteOrder.LITTLE_ENDIAN);
        Lanes.SHORT.cast(minus.add(third)).intoMemorySegment(tables, to + MINUS_4 + PLUS_3, ByteOrder.LITTLE_ENDIAN);
        Lanes.SHORT.cast(minus.sub(third)).intoMemorySegment(tables, to + MINUS_4 + MINUS_3, ByteOrder.LITTLE_ENDIAN);
    }

    /** From each of those the eight with further weights in the first and second place. */
    private static void buildOthers(short[] lanes, int at, MemorySegment tables, long to) {
        ShortVector first = ShortVector.fromArray(Lanes.SHORTS, lanes, at);
        ShortVector second = ShortVector.fromArray(Lanes.SHORTS, lanes, at + TOKENS);
        for (int pair : PAIRS) {
            long entry = to + pair;
            ShortVector base = Lanes.SHORT.cast(
                    ShortVector.fromMemorySegment(Lanes.SHORTS, tables, entry, ByteOrder.LITTLE_ENDIAN));
            ShortVector plus = Lanes.SHORT.cast(base.add(second));
            ShortVector minus = Lanes.SHORT.cast(base.sub(second));
            Lanes.SHORT.cast(base.add(first)).intoMemorySegment(tables, entry + PLUS_1, ByteOrder.LITTLE_ENDIAN);
            Lanes.SHORT.cast(base.sub(first)).intoMemorySegment(tables, entry + MINUS_1, ByteOrder.LITTLE_ENDIAN);
            plus.intoMemorySegment(tables, entry + PLUS_2, ByteOrder.LITTLE_ENDIAN);
            Lanes.SHORT
                    .cast(plus.add(first))
                    .intoMemorySegment(tables, entry + PLUS_2 + PLUS_1, ByteOrder.LITTLE_ENDIAN);
            Lanes.SHORT
                    .cast(plus.sub(first))
                    .intoMemorySegment(tables, entry + PLUS_2 + MINUS_1, ByteOrder.LITTLE_ENDIAN);
            minus.intoMemorySegment(tables, entry + MINUS_2, ByteOrder.LITTLE_ENDIAN);
            Lanes.SHORT
                    .cast(minus.add(first))
                    .intoMemorySegment(tables, entry + MINUS_2 + PLUS_1, ByteOrder.LITTLE_ENDIAN);
            Lanes.SHORT
                    .cast(minus.sub(first))
                    .intoMemorySegment(tables, entry + MINUS_2 + MINUS_1, ByteOrder.LITTLE_ENDIAN);
        }
    }

    /**
     * Where the entries of a block's bytes lie in their tables.
     *
     * @param weights the block's bytes from {@code at} on, in (four weights, row) order
     * @param groups of {@link NibbleShape#ROWS} bytes, at most {@link #PANEL}; the rest of the panel gets zero, the entry of no weights
     * @param offsets receives {@code PANEL * ROWS} elements
     */
    static void readOffsets(MemorySegment weights, long at, int groups, char[] offsets) {
        int bytes = groups * NibbleShape.ROWS;
        for (int i = 0; i < bytes; i += Lanes.HALVES) {
            Lanes.SHORT
                    .cast(Lanes.SHORT
                            .cast(Lanes.BYTE_16
                                    .cast(ByteVector.fromMemorySegment(
                                            Lanes.BYTES_16, weights, at + i, ByteOrder.LITTLE_ENDIAN))
                                    .convertShape(VectorOperators.ZERO_EXTEND_B2S, Lanes.SHORTS, 0))
                            .lanewise(VectorOperators.LSHL, ENTRY_BITS))
                    .intoCharArray(offsets, i);
        }
        Arrays.fill(offsets, bytes, PANEL * NibbleShape.ROWS, (char) 0);
    }

    /**
     * Puts what a panel gives in the place of the sums of a block of weight rows.
     *
     * @param offsets as of {@link #readOffsets}
     * @param sums shape (row, token), from {@code to} on
     */
    static void setPanel(char[] offsets, MemorySegment tables, short[] sums, int to) {
        for (int row = 0; row < NibbleShape.ROWS; row++) {
            int sum = to + row * TOKENS;
            long t = offsets[row];
            ShortVector first =
                    Lanes.SHORT.cast(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN));
            ShortVector second = Lanes.SHORT.cast(
                    ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN));
            t = offsets[row + NibbleShape.ROWS] + (long) TABLE;
            first = Lanes.SHORT.cast(
                    first.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            second = Lanes.SHORT.cast(
                    second.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            t = offsets[row + 2 * NibbleShape.ROWS] + 2L * TABLE;
            first = Lanes.SHORT.cast(
                    first.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            second = Lanes.SHORT.cast(
                    second.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            t = offsets[row + 3 * NibbleShape.ROWS] + 3L * TABLE;
            first = Lanes.SHORT.cast(
                    first.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            second = Lanes.SHORT.cast(
                    second.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            t = offsets[row + 4 * NibbleShape.ROWS] + 4L * TABLE;
            first = Lanes.SHORT.cast(
                    first.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            second = Lanes.SHORT.cast(
                    second.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            t = offsets[row + 5 * NibbleShape.ROWS] + 5L * TABLE;
            first = Lanes.SHORT.cast(
                    first.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            second = Lanes.SHORT.cast(
                    second.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            t = offsets[row + 6 * NibbleShape.ROWS] + 6L * TABLE;
            first = Lanes.SHORT.cast(
                    first.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            second = Lanes.SHORT.cast(
                    second.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            t = offsets[row + 7 * NibbleShape.ROWS] + 7L * TABLE;
            first = Lanes.SHORT.cast(
                    first.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            second = Lanes.SHORT.cast(
                    second.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            first.intoArray(sums, sum);
            second.intoArray(sums, sum + Lanes.HALVES);
        }
    }

    /** The same, but adds it to the sums. */
    static void addPanel(char[] offsets, MemorySegment tables, short[] sums, int to) {
        for (int row = 0; row < NibbleShape.ROWS; row++) {
            int sum = to + row * TOKENS;
            long t = offsets[row];
            ShortVector first = Lanes.SHORT.cast(Lanes.SHORT
                    .cast(ShortVector.fromArray(Lanes.SHORTS, sums, sum))
                    .add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            ShortVector second = Lanes.SHORT.cast(Lanes.SHORT
                    .cast(ShortVector.fromArray(Lanes.SHORTS, sums, sum + Lanes.HALVES))
                    .add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            t = offsets[row + NibbleShape.ROWS] + (long) TABLE;
            first = Lanes.SHORT.cast(
                    first.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            second = Lanes.SHORT.cast(
                    second.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            t = offsets[row + 2 * NibbleShape.ROWS] + 2L * TABLE;
            first = Lanes.SHORT.cast(
                    first.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            second = Lanes.SHORT.cast(
                    second.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            t = offsets[row + 3 * NibbleShape.ROWS] + 3L * TABLE;
            first = Lanes.SHORT.cast(
                    first.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            second = Lanes.SHORT.cast(
                    second.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            t = offsets[row + 4 * NibbleShape.ROWS] + 4L * TABLE;
            first = Lanes.SHORT.cast(
                    first.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            second = Lanes.SHORT.cast(
                    second.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            t = offsets[row + 5 * NibbleShape.ROWS] + 5L * TABLE;
            first = Lanes.SHORT.cast(
                    first.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            second = Lanes.SHORT.cast(
                    second.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            t = offsets[row + 6 * NibbleShape.ROWS] + 6L * TABLE;
            first = Lanes.SHORT.cast(
                    first.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            second = Lanes.SHORT.cast(
                    second.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            t = offsets[row + 7 * NibbleShape.ROWS] + 7L * TABLE;
            first = Lanes.SHORT.cast(
                    first.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t, ByteOrder.LITTLE_ENDIAN)));
            second = Lanes.SHORT.cast(
                    second.add(ShortVector.fromMemorySegment(Lanes.SHORTS, tables, t + HALF, ByteOrder.LITTLE_ENDIAN)));
            first.intoArray(sums, sum);
            second.intoArray(sums, sum + Lanes.HALVES);
        }
    }

    /**
     * Turns the sums of eight rows of activations.
     *
     * @param sums shape (weight row, {@link #TOKENS}), from {@code at} on
     * @param rows weight rows, a multiple of eight
     * @param result shape (row of activations, {@code stride}), from {@code to} on
     */
    static void turnBack(int[] sums, int at, int rows, int[] result, int to, int stride) {
        for (int row = 0; row < rows; row += Lanes.WORDS) {
            int from = at + row * TOKENS;
            int into = to + row;
            IntVector a0 = IntVector.fromArray(Lanes.INTS, sums, from);
            IntVector a1 = IntVector.fromArray(Lanes.INTS, sums, from + TOKENS);
            IntVector a2 = IntVector.fromArray(Lanes.INTS, sums, from + 2 * TOKENS);
            IntVector a3 = IntVector.fromArray(Lanes.INTS, sums, from + 3 * TOKENS);
            IntVector a4 = IntVector.fromArray(Lanes.INTS, sums, from + 4 * TOKENS);
            IntVector a5 = IntVector.fromArray(Lanes.INTS, sums, from + 5 * TOKENS);
            IntVector a6 = IntVector.fromArray(Lanes.INTS, sums, from + 6 * TOKENS);
            IntVector a7 = IntVector.fromArray(Lanes.INTS, sums, from + 7 * TOKENS);
            // Of neighbouring words, then pairs, then fours, the off-diagonal ones change places.
            IntVector b0 = Lanes.INT.cast(a0).blend(Lanes.INT.cast(a1).rearrange(SWAP_1), ODD_1);
            IntVector b1 = Lanes.INT.cast(Lanes.INT.cast(a0).rearrange(SWAP_1)).blend(a1, ODD_1);
            IntVector b2 = Lanes.INT.cast(a2).blend(Lanes.INT.cast(a3).rearrange(SWAP_1), ODD_1);
            IntVector b3 = Lanes.INT.cast(Lanes.INT.cast(a2).rearrange(SWAP_1)).blend(a3, ODD_1);
            IntVector b4 = Lanes.INT.cast(a4).blend(Lanes.INT.cast(a5).rearrange(SWAP_1), ODD_1);
            IntVector b5 = Lanes.INT.cast(Lanes.INT.cast(a4).rearrange(SWAP_1)).blend(a5, ODD_1);
            IntVector b6 = Lanes.INT.cast(a6).blend(Lanes.INT.cast(a7).rearrange(SWAP_1), ODD_1);
            IntVector b7 = Lanes.INT.cast(Lanes.INT.cast(a6).rearrange(SWAP_1)).blend(a7, ODD_1);
            a0 = Lanes.INT.cast(b0).blend(Lanes.INT.cast(b2).rearrange(SWAP_2), ODD_2);
            a2 = Lanes.INT.cast(Lanes.INT.cast(b0).rearrange(SWAP_2)).blend(b2, ODD_2);
            a1 = Lanes.INT.cast(b1).blend(Lanes.INT.cast(b3).rearrange(SWAP_2), ODD_2);
            a3 = Lanes.INT.cast(Lanes.INT.cast(b1).rearrange(SWAP_2)).blend(b3, ODD_2);
            a4 = Lanes.INT.cast(b4).blend(Lanes.INT.cast(b6).rearrange(SWAP_2), ODD_2);
            a6 = Lanes.INT.cast(Lanes.INT.cast(b4).rearrange(SWAP_2)).blend(b6, ODD_2);
            a5 = Lanes.INT.cast(b5).blend(Lanes.INT.cast(b7).rearrange(SWAP_2), ODD_2);
            a7 = Lanes.INT.cast(Lanes.INT.cast(b5).rearrange(SWAP_2)).blend(b7, ODD_2);
            Lanes.INT
                    .cast(Lanes.INT.cast(a0).blend(Lanes.INT.cast(a4).rearrange(SWAP_4), ODD_4))
                    .intoArray(result, into);
            Lanes.INT
                    .cast(Lanes.INT.cast(a1).blend(Lanes.INT.cast(a5).rearrange(SWAP_4), ODD_4))
                    .intoArray(result, into + stride);
            Lanes.INT
                    .cast(Lanes.INT.cast(a2).blend(Lanes.INT.cast(a6).rearrange(SWAP_4), ODD_4))
                    .intoArray(result, into + 2 * stride);
            Lanes.INT
                    .cast(Lanes.INT.cast(a3).blend(Lanes.INT.cast(a7).rearrange(SWAP_4), ODD_4))
                    .intoArray(result, into + 3 * stride);
            Lanes.INT
                    .cast(Lanes.INT.cast(Lanes.INT.cast(a0).rearrange(SWAP_4)).blend(a4, ODD_4))
                    .intoArray(result, into + 4 * stride);
            Lanes.INT
                    .cast(Lanes.INT.cast(Lanes.INT.cast(a1).rearrange(SWAP_4)).blend(a5, ODD_4))
                    .intoArray(result, into + 5 * stride);
            Lanes.INT
                    .cast(Lanes.INT.cast(Lanes.INT.cast(a2).rearrange(SWAP_4)).blend(a6, ODD_4))
                    .intoArray(result, into + 6 * stride);
            Lanes.INT
                    .cast(Lanes.INT.cast(Lanes.INT.cast(a3).rearrange(SWAP_4)).blend(a7, ODD_4))
                    .intoArray(result, into + 7 * stride);
        }
    }
}
