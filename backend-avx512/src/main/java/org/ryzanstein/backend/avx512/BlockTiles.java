package org.ryzanstein.backend.avx512;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import org.ryzanstein.backend.cpu.BlockDigits;
import org.ryzanstein.backend.cpu.BlockLayout;

/**
 * Products of a block of 32 rows, whose quants were unpacked, with a tile of activations; lanes are rows.
 *
 * <p>{@link #multiply} is so long that the compiler does not inline it (above 325 bytecodes): compiled by itself, its loop comes out
 * twice as fast as in the middle of its callers' loops.
 */
final class BlockTiles {
    private static final int ROWS = BlockLayout.ROWS;
    private static final int BLOCK = BlockDigits.BLOCK;
    private static final int TILE = BlockDigits.TILE;
    private static final int VECTOR_BYTES = 64;

    private BlockTiles() {}

    /** Nibbles plus {@code offset}, in (element, row) order. */
    static void unpackNibbles(MemorySegment memory, long at, short offset, short[] out) {
        for (int j = 0; j < BLOCK / 4; j++) {
            ShortVector word = ShortVector.fromMemorySegment(
                    Lanes.SHORTS, memory, at + (long) VECTOR_BYTES * j, ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < 4; i++) {
                word.and((short) 15).add(offset).intoArray(out, (4 * j + i) * ROWS);
                word = word.lanewise(VectorOperators.LSHR, 4);
            }
        }
    }

    /** Adds 16 times the pairs of bits. */
    static void addPairs(MemorySegment memory, long at, short[] out) {
        for (int j = 0; j < BLOCK / 8; j++) {
            ShortVector word = ShortVector.fromMemorySegment(
                    Lanes.SHORTS, memory, at + (long) VECTOR_BYTES * j, ByteOrder.LITTLE_ENDIAN);
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
            ShortVector.fromArray(Lanes.SHORTS_16, quants, i)
                    .convertShape(VectorOperators.S2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .intoArray(out, i);
        }
    }

    /** Widens the elements {@code from .. to} and multiplies them by their row's sub-scale. */
    static void widen(short[] quants, int from, int to, float[] numbers, int subScales, float[] out) {
        for (int i = from * ROWS; i < to * ROWS; i += Lanes.WORDS) {
            FloatVector scale = FloatVector.fromArray(Lanes.FLOATS, numbers, subScales + i % ROWS);
            ShortVector.fromArray(Lanes.SHORTS_16, quants, i)
                    .convertShape(VectorOperators.S2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .mul(scale)
                    .intoArray(out, i);
        }
    }

    /** Widens bytes. */
    static void unpackBytes(MemorySegment memory, long at, int from, int to, float[] out) {
        for (int i = from * ROWS; i < to * ROWS; i += Lanes.WORDS) {
            ByteVector.fromMemorySegment(Lanes.BYTES_16, memory, at + i, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .intoArray(out, i);
        }
    }

    /** Widens bytes and multiplies them by their row's sub-scale. */
    static void unpackBytes(
            MemorySegment memory, long at, int from, int to, float[] numbers, int subScales, float[] out) {
        for (int i = from * ROWS; i < to * ROWS; i += Lanes.WORDS) {
            FloatVector scale = FloatVector.fromArray(Lanes.FLOATS, numbers, subScales + i % ROWS);
            ByteVector.fromMemorySegment(Lanes.BYTES_16, memory, at + i, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .mul(scale)
                    .intoArray(out, i);
        }
    }

    /** Sums of integers as floats, exact below 2^24: for each row of the tile those of 32 rows of weights. */
    static void multiply(float[] weights, int[] digits, int first, float[] out) {
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
            FloatVector x = IntVector.broadcast(Lanes.INTS, digits[at]).reinterpretAsFloats();
            a0 = w0.fma(x, a0);
            a1 = w1.fma(x, a1);
            x = IntVector.broadcast(Lanes.INTS, digits[at + 1]).reinterpretAsFloats();
            b0 = w0.fma(x, b0);
            b1 = w1.fma(x, b1);
            x = IntVector.broadcast(Lanes.INTS, digits[at + 2]).reinterpretAsFloats();
            c0 = w0.fma(x, c0);
            c1 = w1.fma(x, c1);
            x = IntVector.broadcast(Lanes.INTS, digits[at + 3]).reinterpretAsFloats();
            d0 = w0.fma(x, d0);
            d1 = w1.fma(x, d1);
            x = IntVector.broadcast(Lanes.INTS, digits[at + 4]).reinterpretAsFloats();
            e0 = w0.fma(x, e0);
            e1 = w1.fma(x, e1);
            x = IntVector.broadcast(Lanes.INTS, digits[at + 5]).reinterpretAsFloats();
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

    /**
     * sums = fma(integers, scale * factor, sums) for the rows of a tile.
     *
     * @param at of the tile's first factor
     * @param scales where the scales stand among the numbers
     */
    static void add(float[] integers, float[] factors, int at, float[] numbers, int scales, float[] sums, int to) {
        for (int i = 0; i < TILE * ROWS; i += Lanes.WORDS) {
            FloatVector scale = FloatVector.fromArray(Lanes.FLOATS, numbers, scales + i % ROWS);
            FloatVector integer = FloatVector.fromArray(Lanes.FLOATS, integers, i);
            integer.fma(scale.mul(factors[at + i / ROWS]), FloatVector.fromArray(Lanes.FLOATS, sums, to + i))
                    .intoArray(sums, to + i);
        }
    }

    /** J_b of the rows of a tile, in a plain loop that the compiler turns into vectors. */
    static void minima(int[] digitSums, int at, float[] numbers, int parts, float[] out) {
        for (int row = 0; row < TILE; row++) {
            float first = digitSums[2 * (at + row)];
            float second = digitSums[2 * (at + row) + 1];
            int to = row * ROWS;
            for (int i = 0; i < ROWS; i++) {
                out[to + i] = numbers[parts + i] * first + numbers[parts + ROWS + i] * second;
            }
        }
    }
}
