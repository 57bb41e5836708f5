package org.ryzanstein.backend.avx512;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import org.ryzanstein.backend.cpu.BlockDigits;
import org.ryzanstein.backend.cpu.BlockLayout;

/** Products of a block of 32 rows, whose quants were unpacked, with a tile of activations; lanes are rows. */
final class BlockTiles {
    private static final int ROWS = BlockLayout.ROWS;
    private static final int BLOCK = BlockDigits.BLOCK;
    private static final int TILE = BlockDigits.TILE;
    private static final int VECTOR_BYTES = 64;

    private BlockTiles() {}

    /** Nibbles plus {@code offset}, in (element, row) order. */
    static void unpackNibbles(MemorySegment memory, long at, short offset, short[] out) {
        for (int j = 0; j < BLOCK / 4; j++) {
            ShortVector word = Lanes.shorts(memory, at + (long) VECTOR_BYTES * j);
            for (int i = 0; i < 4; i++) {
                word.and((short) 15).add(offset).intoArray(out, (4 * j + i) * ROWS);
                word = word.lanewise(VectorOperators.LSHR, 4);
            }
        }
    }

    /** Adds 16 times the pairs of bits. */
    static void addPairs(MemorySegment memory, long at, short[] out) {
        for (int j = 0; j < BLOCK / 8; j++) {
            ShortVector word = Lanes.shorts(memory, at + (long) VECTOR_BYTES * j);
            for (int i = 0; i < 8; i++) {
                int to = (8 * j + i) * ROWS;
                ShortVector high = word.and((short) 3).lanewise(VectorOperators.LSHL, 4);
                ShortVector.fromArray(Lanes.SHORTS, out, to).add(high).intoArray(out, to);
                word = word.lanewise(VectorOperators.LSHR, 2);
            }
        }
    }

    /** Widens the elements {@code from .. to}. */
    static void widen(short[] quants, int from, int to, float[] out) {
        for (int i = from * ROWS; i < to * ROWS; i += Lanes.WORDS) {
            Lanes.floats(quants, i).intoArray(out, i);
        }
    }

    /** Widens the elements {@code from .. to} and multiplies them by their row's sub-scale. */
    static void widen(short[] quants, int from, int to, float[] numbers, int subScales, float[] out) {
        for (int i = from * ROWS; i < to * ROWS; i += Lanes.WORDS) {
            FloatVector scale = FloatVector.fromArray(Lanes.FLOATS, numbers, subScales + i % ROWS);
            Lanes.floats(quants, i).mul(scale).intoArray(out, i);
        }
    }

    /** Widens bytes. */
    static void unpackBytes(MemorySegment memory, long at, int from, int to, float[] out) {
        for (int i = from * ROWS; i < to * ROWS; i += Lanes.WORDS) {
            BlockIntegers.floats(memory, at + i).intoArray(out, i);
        }
    }

    /** Widens bytes and multiplies them by their row's sub-scale. */
    static void unpackBytes(
            MemorySegment memory, long at, int from, int to, float[] numbers, int subScales, float[] out) {
        for (int i = from * ROWS; i < to * ROWS; i += Lanes.WORDS) {
            FloatVector scale = FloatVector.fromArray(Lanes.FLOATS, numbers, subScales + i % ROWS);
            BlockIntegers.floats(memory, at + i).mul(scale).intoArray(out, i);
        }
    }

    /** Sums in 16 bits, which must fit: for each row of the tile those of 32 rows of weights. */
    static void multiplyShorts(short[] weights, int[] digits, int first, short[] out) {
        ShortVector a = ShortVector.zero(Lanes.SHORTS);
        ShortVector b = a;
        ShortVector c = a;
        ShortVector d = a;
        ShortVector e = a;
        ShortVector f = a;
        for (int k = 0; k < BLOCK; k++) {
            ShortVector weight = ShortVector.fromArray(Lanes.SHORTS, weights, ROWS * k);
            int x = first + TILE * k;
            a = a.add(weight.mul(Lanes.pair(digits, x)));
            b = b.add(weight.mul(Lanes.pair(digits, x + 1)));
            c = c.add(weight.mul(Lanes.pair(digits, x + 2)));
            d = d.add(weight.mul(Lanes.pair(digits, x + 3)));
            e = e.add(weight.mul(Lanes.pair(digits, x + 4)));
            f = f.add(weight.mul(Lanes.pair(digits, x + 5)));
        }
        a.intoArray(out, 0);
        b.intoArray(out, ROWS);
        c.intoArray(out, 2 * ROWS);
        d.intoArray(out, 3 * ROWS);
        e.intoArray(out, 4 * ROWS);
        f.intoArray(out, 5 * ROWS);
    }

    /** Sums of integers as floats, exact below 2^24: for each row of the tile those of 32 rows of weights. */
    static void multiplyFloats(float[] weights, int[] digits, int first, float[] out) {
        FloatVector a0 = FloatVector.zero(Lanes.FLOATS);
        FloatVector a1 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        FloatVector e0 = a0;
        FloatVector e1 = a0;
        FloatVector f0 = a0;
        FloatVector f1 = a0;
        for (int k = 0; k < BLOCK; k++) {
            FloatVector w0 = FloatVector.fromArray(Lanes.FLOATS, weights, ROWS * k);
            FloatVector w1 = FloatVector.fromArray(Lanes.FLOATS, weights, ROWS * k + Lanes.WORDS);
            int at = first + TILE * k;
            FloatVector x = Lanes.float32(digits, at);
            a0 = w0.fma(x, a0);
            a1 = w1.fma(x, a1);
            x = Lanes.float32(digits, at + 1);
            b0 = w0.fma(x, b0);
            b1 = w1.fma(x, b1);
            x = Lanes.float32(digits, at + 2);
            c0 = w0.fma(x, c0);
            c1 = w1.fma(x, c1);
            x = Lanes.float32(digits, at + 3);
            d0 = w0.fma(x, d0);
            d1 = w1.fma(x, d1);
            x = Lanes.float32(digits, at + 4);
            e0 = w0.fma(x, e0);
            e1 = w1.fma(x, e1);
            x = Lanes.float32(digits, at + 5);
            f0 = w0.fma(x, f0);
            f1 = w1.fma(x, f1);
        }
        a0.intoArray(out, 0);
        a1.intoArray(out, Lanes.WORDS);
        b0.intoArray(out, 2 * Lanes.WORDS);
        b1.intoArray(out, 3 * Lanes.WORDS);
        c0.intoArray(out, 4 * Lanes.WORDS);
        c1.intoArray(out, 5 * Lanes.WORDS);
        d0.intoArray(out, 6 * Lanes.WORDS);
        d1.intoArray(out, 7 * Lanes.WORDS);
        e0.intoArray(out, 8 * Lanes.WORDS);
        e1.intoArray(out, 9 * Lanes.WORDS);
        f0.intoArray(out, 10 * Lanes.WORDS);
        f1.intoArray(out, 11 * Lanes.WORDS);
    }

    /** sums = fma(integers, d * factor, sums) for one row of the tile. */
    static void add(float[] integers, int at, float[] numbers, float factor, float[] sums, int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            FloatVector scale = FloatVector.fromArray(Lanes.FLOATS, numbers, i).mul(factor);
            FloatVector sum = FloatVector.fromArray(Lanes.FLOATS, sums, to + i);
            FloatVector.fromArray(Lanes.FLOATS, integers, at + i)
                    .fma(scale, sum)
                    .intoArray(sums, to + i);
        }
    }

    /** The same from 16-bit sums: an integer is (sum + offset) * its row's number at {@code subScales}. */
    static void add(
            short[] integers,
            int at,
            float offset,
            float[] numbers,
            int subScales,
            float factor,
            float[] sums,
            int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            FloatVector scale = FloatVector.fromArray(Lanes.FLOATS, numbers, i).mul(factor);
            FloatVector subScale = FloatVector.fromArray(Lanes.FLOATS, numbers, subScales + i);
            FloatVector integer = Lanes.floats(integers, at + i).add(offset).mul(subScale);
            integer.fma(scale, FloatVector.fromArray(Lanes.FLOATS, sums, to + i))
                    .intoArray(sums, to + i);
        }
    }

    /** sums = fma(first * m0 + second * m1, dmin * factor, sums) for one row of the tile. */
    static void addMinima(
            float first, float second, float[] numbers, int scales, int parts, float factor, float[] sums, int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            FloatVector scale =
                    FloatVector.fromArray(Lanes.FLOATS, numbers, scales + i).mul(factor);
            FloatVector low =
                    FloatVector.fromArray(Lanes.FLOATS, numbers, parts + i).mul(first);
            FloatVector high = FloatVector.fromArray(Lanes.FLOATS, numbers, parts + ROWS + i)
                    .mul(second);
            low.add(high)
                    .fma(scale, FloatVector.fromArray(Lanes.FLOATS, sums, to + i))
                    .intoArray(sums, to + i);
        }
    }
}
