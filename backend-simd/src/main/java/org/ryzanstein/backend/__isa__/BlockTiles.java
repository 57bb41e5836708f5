package org.ryzanstein.backend.__isa__;

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
 * <p>The loops of multiplication are so long that the compiler does not inline them (above 325 bytecodes): compiled by themselves,
 * they come out twice as fast as in the middle of their callers' loops.
 */
final class BlockTiles {
    private static final int ROWS = BlockLayout.ROWS;
    private static final int BLOCK = BlockDigits.BLOCK;
    private static final int TILE = BlockDigits.TILE;

    private BlockTiles() {}

    /** Nibbles plus {@code offset}, in (element, row) order. */
    static void unpackNibbles(MemorySegment memory, long at, short offset, short[] out) {
        for (int i = 0; i < BLOCK / 4 * ROWS; i += Lanes.HALVES) {
            ShortVector word = Lanes.SHORT.cast(ShortVector.fromMemorySegment(
                    Lanes.SHORTS, memory, at + (long) i * Short.BYTES, ByteOrder.LITTLE_ENDIAN));
            int to = i / ROWS * 4 * ROWS + i % ROWS;
            ShortVector nibble = Lanes.SHORT.cast(word.and((short) 15));
            Lanes.SHORT.cast(nibble.add(offset)).intoArray(out, to);
            nibble = Lanes.SHORT.cast(word.lanewise(VectorOperators.LSHR, 4));
            nibble = Lanes.SHORT.cast(nibble.and((short) 15));
            Lanes.SHORT.cast(nibble.add(offset)).intoArray(out, to + ROWS);
            nibble = Lanes.SHORT.cast(word.lanewise(VectorOperators.LSHR, 8));
            nibble = Lanes.SHORT.cast(nibble.and((short) 15));
            Lanes.SHORT.cast(nibble.add(offset)).intoArray(out, to + 2 * ROWS);
            nibble = Lanes.SHORT.cast(word.lanewise(VectorOperators.LSHR, 12));
            Lanes.SHORT.cast(nibble.add(offset)).intoArray(out, to + 3 * ROWS);
        }
    }

    /** Widens the elements {@code from .. to}. */
    static void widen(short[] quants, int from, int to, float[] out) {
        for (int i = from * ROWS; i < to * ROWS; i += Lanes.WORDS) {
            Lanes.FLOAT
                    .cast(Lanes.WORD_SHORT
                            .cast(ShortVector.fromArray(Lanes.WORD_SHORTS, quants, i))
                            .convertShape(VectorOperators.S2F, Lanes.FLOATS, 0))
                    .intoArray(out, i);
        }
    }

    /** Widens the elements {@code from .. to} and multiplies them by their row's sub-scale. */
    static void widen(short[] quants, int from, int to, float[] numbers, int subScales, float[] out) {
        for (int i = from * ROWS; i < to * ROWS; i += Lanes.WORDS) {
            FloatVector scale = FloatVector.fromArray(Lanes.FLOATS, numbers, subScales + i % ROWS);
            Lanes.FLOAT
                    .cast(Lanes.FLOAT
                            .cast(Lanes.WORD_SHORT
                                    .cast(ShortVector.fromArray(Lanes.WORD_SHORTS, quants, i))
                                    .convertShape(VectorOperators.S2F, Lanes.FLOATS, 0))
                            .mul(scale))
                    .intoArray(out, i);
        }
    }

    /** Widens bytes. */
    static void unpackBytes(MemorySegment memory, long at, int from, int to, float[] out) {
        for (int i = from * ROWS; i < to * ROWS; i += Lanes.WORDS) {
            Lanes.FLOAT
                    .cast(Lanes.WORD_BYTE
                            .cast(ByteVector.fromMemorySegment(
                                    Lanes.WORD_BYTES, memory, at + i, ByteOrder.LITTLE_ENDIAN))
                            .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                    .intoArray(out, i);
        }
    }

    /** Widens bytes and multiplies them by their row's sub-scale. */
    static void unpackBytes(
            MemorySegment memory, long at, int from, int to, float[] numbers, int subScales, float[] out) {
        for (int i = from * ROWS; i < to * ROWS; i += Lanes.WORDS) {
            FloatVector scale = FloatVector.fromArray(Lanes.FLOATS, numbers, subScales + i % ROWS);
            Lanes.FLOAT
                    .cast(Lanes.FLOAT
                            .cast(Lanes.WORD_BYTE
                                    .cast(ByteVector.fromMemorySegment(
                                            Lanes.WORD_BYTES, memory, at + i, ByteOrder.LITTLE_ENDIAN))
                                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                            .mul(scale))
                    .intoArray(out, i);
        }
    }

    /** Sums in 16 bits, which must fit: for each row of the tile those of 32 rows of weights. */
    static void multiplyShorts(short[] weights, int[] digits, int first, short[] out) {
        for (int row = 0; row < ROWS; row += Lanes.HALVES) {
            multiplyShorts(weights, row, digits, first, out);
        }
    }

    /** For one vector of rows of weights. */
    private static void multiplyShorts(short[] weights, int from, int[] digits, int first, short[] out) {
        ShortVector a = ShortVector.zero(Lanes.SHORTS);
        ShortVector b = a;
        ShortVector c = a;
        ShortVector d = a;
        ShortVector e = a;
        ShortVector f = a;
        for (int k = 0; k < BLOCK; k++) {
            ShortVector weight = Lanes.SHORT.cast(ShortVector.fromArray(Lanes.SHORTS, weights, from + ROWS * k));
            int x = first + TILE * k;
            a = Lanes.SHORT
                    .cast(a)
                    .add(weight.mul(Lanes.INT
                            .cast(IntVector.broadcast(Lanes.INTS, digits[x]))
                            .reinterpretAsShorts()));
            b = Lanes.SHORT
                    .cast(b)
                    .add(weight.mul(Lanes.INT
                            .cast(IntVector.broadcast(Lanes.INTS, digits[x + 1]))
                            .reinterpretAsShorts()));
            c = Lanes.SHORT
                    .cast(c)
                    .add(weight.mul(Lanes.INT
                            .cast(IntVector.broadcast(Lanes.INTS, digits[x + 2]))
                            .reinterpretAsShorts()));
            d = Lanes.SHORT
                    .cast(d)
                    .add(weight.mul(Lanes.INT
                            .cast(IntVector.broadcast(Lanes.INTS, digits[x + 3]))
                            .reinterpretAsShorts()));
            e = Lanes.SHORT
                    .cast(e)
                    .add(weight.mul(Lanes.INT
                            .cast(IntVector.broadcast(Lanes.INTS, digits[x + 4]))
                            .reinterpretAsShorts()));
            f = Lanes.SHORT
                    .cast(f)
                    .add(weight.mul(Lanes.INT
                            .cast(IntVector.broadcast(Lanes.INTS, digits[x + 5]))
                            .reinterpretAsShorts()));
        }
        Lanes.SHORT.cast(a).intoArray(out, from);
        Lanes.SHORT.cast(b).intoArray(out, from + ROWS);
        Lanes.SHORT.cast(c).intoArray(out, from + 2 * ROWS);
        Lanes.SHORT.cast(d).intoArray(out, from + 3 * ROWS);
        Lanes.SHORT.cast(e).intoArray(out, from + 4 * ROWS);
        Lanes.SHORT.cast(f).intoArray(out, from + 5 * ROWS);
    }

    /** Sums of integers as floats, exact below 2^24: for each row of the tile those of 32 rows of weights. */
    static void multiplyFloats(float[] weights, int[] digits, int first, float[] out) {
        for (int row = 0; row < ROWS; row += 2 * Lanes.WORDS) {
            multiplyFloats(weights, row, digits, first, out);
        }
    }

    /** For two vectors of rows of weights. */
    private static void multiplyFloats(float[] weights, int from, int[] digits, int first, float[] out) {
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
            FloatVector w0 = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, weights, from + ROWS * k));
            FloatVector w1 =
                    Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, weights, from + ROWS * k + Lanes.WORDS));
            int at = first + TILE * k;
            FloatVector x =
                    Lanes.INT.cast(IntVector.broadcast(Lanes.INTS, digits[at])).reinterpretAsFloats();
            a0 = w0.fma(x, a0);
            a1 = w1.fma(x, a1);
            x = Lanes.INT.cast(IntVector.broadcast(Lanes.INTS, digits[at + 1])).reinterpretAsFloats();
            b0 = w0.fma(x, b0);
            b1 = w1.fma(x, b1);
            x = Lanes.INT.cast(IntVector.broadcast(Lanes.INTS, digits[at + 2])).reinterpretAsFloats();
            c0 = w0.fma(x, c0);
            c1 = w1.fma(x, c1);
            x = Lanes.INT.cast(IntVector.broadcast(Lanes.INTS, digits[at + 3])).reinterpretAsFloats();
            d0 = w0.fma(x, d0);
            d1 = w1.fma(x, d1);
            x = Lanes.INT.cast(IntVector.broadcast(Lanes.INTS, digits[at + 4])).reinterpretAsFloats();
            e0 = w0.fma(x, e0);
            e1 = w1.fma(x, e1);
            x = Lanes.INT.cast(IntVector.broadcast(Lanes.INTS, digits[at + 5])).reinterpretAsFloats();
            f0 = w0.fma(x, f0);
            f1 = w1.fma(x, f1);
        }
        Lanes.FLOAT.cast(a0).intoArray(out, from);
        Lanes.FLOAT.cast(a1).intoArray(out, from + Lanes.WORDS);
        Lanes.FLOAT.cast(b0).intoArray(out, from + ROWS);
        Lanes.FLOAT.cast(b1).intoArray(out, from + ROWS + Lanes.WORDS);
        Lanes.FLOAT.cast(c0).intoArray(out, from + 2 * ROWS);
        Lanes.FLOAT.cast(c1).intoArray(out, from + 2 * ROWS + Lanes.WORDS);
        Lanes.FLOAT.cast(d0).intoArray(out, from + 3 * ROWS);
        Lanes.FLOAT.cast(d1).intoArray(out, from + 3 * ROWS + Lanes.WORDS);
        Lanes.FLOAT.cast(e0).intoArray(out, from + 4 * ROWS);
        Lanes.FLOAT.cast(e1).intoArray(out, from + 4 * ROWS + Lanes.WORDS);
        Lanes.FLOAT.cast(f0).intoArray(out, from + 5 * ROWS);
        Lanes.FLOAT.cast(f1).intoArray(out, from + 5 * ROWS + Lanes.WORDS);
    }

    /** sums = fma(integers, d * factor, sums) for one row of the tile. */
    static void add(float[] integers, int at, float[] numbers, float factor, float[] sums, int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            FloatVector scale = Lanes.FLOAT
                    .cast(FloatVector.fromArray(Lanes.FLOATS, numbers, i))
                    .mul(factor);
            FloatVector sum = FloatVector.fromArray(Lanes.FLOATS, sums, to + i);
            Lanes.FLOAT
                    .cast(Lanes.FLOAT
                            .cast(FloatVector.fromArray(Lanes.FLOATS, integers, at + i))
                            .fma(scale, sum))
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
            FloatVector scale = Lanes.FLOAT
                    .cast(FloatVector.fromArray(Lanes.FLOATS, numbers, i))
                    .mul(factor);
            FloatVector subScale = FloatVector.fromArray(Lanes.FLOATS, numbers, subScales + i);
            ShortVector narrow = Lanes.WORD_SHORT.cast(ShortVector.fromArray(Lanes.WORD_SHORTS, integers, at + i));
            FloatVector integer = Lanes.FLOAT.cast(narrow.convertShape(VectorOperators.S2F, Lanes.FLOATS, 0));
            integer = Lanes.FLOAT.cast(integer.add(offset));
            integer = Lanes.FLOAT.cast(integer.mul(subScale));
            integer = Lanes.FLOAT.cast(integer.fma(scale, FloatVector.fromArray(Lanes.FLOATS, sums, to + i)));
            integer.intoArray(sums, to + i);
        }
    }

    /** sums = fma(first * m0 + second * m1, dmin * factor, sums) for one row of the tile. */
    static void addMinima(
            float first, float second, float[] numbers, int scales, int parts, float factor, float[] sums, int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            FloatVector scale = Lanes.FLOAT
                    .cast(FloatVector.fromArray(Lanes.FLOATS, numbers, scales + i))
                    .mul(factor);
            FloatVector low = Lanes.FLOAT.cast(Lanes.FLOAT
                    .cast(FloatVector.fromArray(Lanes.FLOATS, numbers, parts + i))
                    .mul(first));
            FloatVector high = Lanes.FLOAT
                    .cast(FloatVector.fromArray(Lanes.FLOATS, numbers, parts + ROWS + i))
                    .mul(second);
            Lanes.FLOAT
                    .cast(Lanes.FLOAT.cast(low.add(high)).fma(scale, FloatVector.fromArray(Lanes.FLOATS, sums, to + i)))
                    .intoArray(sums, to + i);
        }
    }
}
