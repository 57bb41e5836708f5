package org.ryzanstein.backend.__isa__;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import org.ryzanstein.backend.cpu.BlockLayout;

/**
 * Sums of products of quants and digits for the 32 rows of a group, before sub-scales: lanes are rows.
 *
 * <p>Four-bit quants are summed in 16 bits: less 8 they lie in -8 .. 7, and 32 * 8 * 127 = 32,512 fits. The 8 is taken out ahead, so
 * that a stored quant is multiplied as it is: sums wrap around and come out right, because the final one fits. The two high bits of
 * six-bit quants, less 2, are summed in the same way.
 */
final class BlockIntegers {
    private static final int ROWS = BlockLayout.ROWS;
    /** What centres a nibble. */
    static final int NIBBLE_CENTRE = 8;
    /** What centres a pair of bits. */
    static final int PAIR_CENTRE = 2;

    /** Bytes of a word of all rows. */
    private static final int WORD_BYTES = ROWS * Short.BYTES;

    /** Elements of all rows that four vectors hold: one or two. */
    private static final int ELEMENTS = 4 * Lanes.WORDS / ROWS;

    private BlockIntegers() {}

    /**
     * Sum of (nibble - 8) * digit.
     *
     * @param words words of four nibbles for each row
     * @param digits each twice as an int16
     * @param digitSum sum of the digits
     */
    static void nibbles(
            MemorySegment memory, long at, int words, int[] digits, int first, int digitSum, short[] out, int to) {
        short centre = (short) (-NIBBLE_CENTRE * digitSum);
        for (int row = 0; row < ROWS; row += Lanes.HALVES) {
            addNibbles(memory, at + (long) row * Short.BYTES, words, digits, first, centre, out, to + row);
        }
    }

    private static void addNibbles(
            MemorySegment memory, long at, int words, int[] digits, int first, short start, short[] out, int to) {
        ShortVector even = ShortVector.broadcast(Lanes.SHORTS, start);
        ShortVector odd = ShortVector.zero(Lanes.SHORTS);
        for (int j = 0; j < words; j++) {
            ShortVector word = ShortVector.fromMemorySegment(
                    Lanes.SHORTS, memory, at + (long) j * WORD_BYTES, ByteOrder.LITTLE_ENDIAN);
            int k = first + 4 * j;
            even = word.and((short) 15)
                    .mul(IntVector.broadcast(Lanes.INTS, digits[k]).reinterpretAsShorts())
                    .add(even);
            odd = word.lanewise(VectorOperators.LSHR, 4)
                    .and((short) 15)
                    .mul(IntVector.broadcast(Lanes.INTS, digits[k + 1]).reinterpretAsShorts())
                    .add(odd);
            even = word.lanewise(VectorOperators.LSHR, 8)
                    .and((short) 15)
                    .mul(IntVector.broadcast(Lanes.INTS, digits[k + 2]).reinterpretAsShorts())
                    .add(even);
            odd = word.lanewise(VectorOperators.LSHR, 12)
                    .mul(IntVector.broadcast(Lanes.INTS, digits[k + 3]).reinterpretAsShorts())
                    .add(odd);
        }
        even.add(odd).intoArray(out, to);
    }

    /** Sum of (pair of bits - 2) * digit, by words of eight. */
    static void pairs(
            MemorySegment memory, long at, int words, int[] digits, int first, int digitSum, short[] out, int to) {
        short centre = (short) (-PAIR_CENTRE * digitSum);
        for (int row = 0; row < ROWS; row += Lanes.HALVES) {
            addPairs(memory, at + (long) row * Short.BYTES, words, digits, first, centre, out, to + row);
        }
    }

    private static void addPairs(
            MemorySegment memory, long at, int words, int[] digits, int first, short start, short[] out, int to) {
        ShortVector even = ShortVector.broadcast(Lanes.SHORTS, start);
        ShortVector odd = ShortVector.zero(Lanes.SHORTS);
        for (int j = 0; j < words; j++) {
            ShortVector word = ShortVector.fromMemorySegment(
                    Lanes.SHORTS, memory, at + (long) j * WORD_BYTES, ByteOrder.LITTLE_ENDIAN);
            int k = first + 8 * j;
            for (int i = 0; i < 8; i += 2) {
                even = word.lanewise(VectorOperators.LSHR, 2L * i)
                        .and((short) 3)
                        .mul(IntVector.broadcast(Lanes.INTS, digits[k + i]).reinterpretAsShorts())
                        .add(even);
                odd = word.lanewise(VectorOperators.LSHR, 2L * i + 2)
                        .and((short) 3)
                        .mul(IntVector.broadcast(Lanes.INTS, digits[k + i + 1]).reinterpretAsShorts())
                        .add(odd);
            }
        }
        even.add(odd).intoArray(out, to);
    }

    /**
     * Sum of byte * digit: integers below 2^24, exact as floats.
     *
     * @param elements so many elements, an even number
     * @param digits as the bits of floats
     */
    static void bytes(MemorySegment memory, long at, int elements, int[] digits, int first, float[] out, int to) {
        FloatVector a = FloatVector.zero(Lanes.FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k < elements; k += ELEMENTS) {
            long row = at + (long) ROWS * k;
            FloatVector x = IntVector.broadcast(Lanes.INTS, digits[first + k]).reinterpretAsFloats();
            a = ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, row, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .fma(x, a);
            b = ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, row + Lanes.WORDS, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .fma(x, b);
            FloatVector y = ELEMENTS == 1
                    ? x
                    : IntVector.broadcast(Lanes.INTS, digits[first + k + 1]).reinterpretAsFloats();
            c = ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, row + 2 * Lanes.WORDS, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .fma(y, c);
            d = ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, row + 3 * Lanes.WORDS, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .fma(y, d);
        }
        if (ELEMENTS == 2) {
            a.add(c).intoArray(out, to);
            b.add(d).intoArray(out, to + Lanes.WORDS);
        } else {
            a.intoArray(out, to);
            b.intoArray(out, to + Lanes.WORDS);
            c.intoArray(out, to + 2 * Lanes.WORDS);
            d.intoArray(out, to + 3 * Lanes.WORDS);
        }
    }

    /** out = float(low) + offset. */
    static void widen(short[] low, int from, float offset, float[] out, int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            ShortVector.fromArray(Lanes.WORD_SHORTS, low, from + i)
                    .convertShape(VectorOperators.S2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .add(offset)
                    .intoArray(out, to + i);
        }
    }

    /** out = (float(low) + 16 * float(high)) + offset. */
    static void widen(short[] low, short[] high, int from, int highFrom, float offset, float[] out, int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            FloatVector upper = ShortVector.fromArray(Lanes.WORD_SHORTS, high, highFrom + i)
                    .convertShape(VectorOperators.S2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .mul(16f);
            ShortVector.fromArray(Lanes.WORD_SHORTS, low, from + i)
                    .convertShape(VectorOperators.S2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .add(upper)
                    .add(offset)
                    .intoArray(out, to + i);
        }
    }
}
