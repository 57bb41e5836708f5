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
 * Sums of products of quants and digits for the 32 rows of a group, before sub-scales: lanes are rows.
 *
 * <p>Four-bit quants are summed in 16 bits: less 8 they lie in -8 .. 7, and 32 * 8 * 127 = 32,512 fits. The 8 is taken out ahead, so
 * that a stored quant is multiplied as it is: sums wrap around and come out right, because the final one fits.
 */
final class BlockIntegers {
    private static final int ROWS = BlockLayout.ROWS;
    /** What centres a nibble. */
    static final int NIBBLE_CENTRE = 8;

    /** Bytes of a word of all rows. */
    private static final int WORD_BYTES = ROWS * Short.BYTES;

    /** Elements of all rows that four vectors hold: one or two. */
    private static final int ELEMENTS = 4 * Lanes.WORDS / ROWS;

    private static final int BLOCK = BlockDigits.BLOCK;
    /** Elements from the sums of one block to those of the next: there may be two for each row, one for each half. */
    static final int BLOCK_SUMS = 2 * ROWS;

    private BlockIntegers() {}

    /**
     * Sums of (nibble + base) * digit for each of some blocks, or for one half of each: many at a time, because a call takes long beside
     * a block.
     *
     * @param at where the first block's words begin
     * @param stride bytes from one block to the next
     * @param words words of four nibbles for each row
     * @param digits each twice as an int16, {@value #BLOCK} to a block
     * @param digitSums sums of the digits, two to a block, those of the first from {@code sum} on
     * @param both whether both of a block's sums count, or the first alone
     * @param base what a nibble of zero stands for
     * @param out receives the sums of a block {@value #BLOCK_SUMS} elements behind those of the one before
     */
    static void nibbles(
            MemorySegment memory,
            long at,
            int stride,
            int words,
            int[] digits,
            int first,
            int[] digitSums,
            int sum,
            boolean both,
            int blocks,
            int base,
            float[] out,
            int to) {
        for (int row = 0; row < ROWS; row += Lanes.HALVES) {
            long from = at + (long) row * Short.BYTES;
            nibblesOfRows(
                    memory, from, stride, words, digits, first, digitSums, sum, both, blocks, base, out, to + row);
        }
    }

    private static void nibblesOfRows(
            MemorySegment memory,
            long at,
            int stride,
            int words,
            int[] digits,
            int first,
            int[] digitSums,
            int sum,
            boolean both,
            int blocks,
            int base,
            float[] out,
            int to) {
        for (int b = 0; b < blocks; b++) {
            int total = digitSums[sum + 2 * b] + (both ? digitSums[sum + 2 * b + 1] : 0);
            ShortVector even = ShortVector.broadcast(Lanes.SHORTS, (short) (-NIBBLE_CENTRE * total));
            ShortVector odd = ShortVector.zero(Lanes.SHORTS);
            long p = at + (long) b * stride;
            int k = first + b * BLOCK;
            for (int j = 0; j < words; j++) {
                ShortVector word = Lanes.SHORT.cast(
                        ShortVector.fromMemorySegment(Lanes.SHORTS, memory, p, ByteOrder.LITTLE_ENDIAN));
                ShortVector digit = Lanes.INT
                        .cast(IntVector.broadcast(Lanes.INTS, digits[k]))
                        .reinterpretAsShorts();
                ShortVector nibble = Lanes.SHORT.cast(word.and((short) 15));
                even = Lanes.SHORT.cast(nibble.mul(digit)).add(even);
                digit = Lanes.INT
                        .cast(IntVector.broadcast(Lanes.INTS, digits[k + 1]))
                        .reinterpretAsShorts();
                nibble = Lanes.SHORT.cast(word.lanewise(VectorOperators.LSHR, 4));
                nibble = Lanes.SHORT.cast(nibble.and((short) 15));
                odd = Lanes.SHORT.cast(nibble.mul(digit)).add(odd);
                digit = Lanes.INT
                        .cast(IntVector.broadcast(Lanes.INTS, digits[k + 2]))
                        .reinterpretAsShorts();
                nibble = Lanes.SHORT.cast(word.lanewise(VectorOperators.LSHR, 8));
                nibble = Lanes.SHORT.cast(nibble.and((short) 15));
                even = Lanes.SHORT.cast(nibble.mul(digit)).add(even);
                digit = Lanes.INT
                        .cast(IntVector.broadcast(Lanes.INTS, digits[k + 3]))
                        .reinterpretAsShorts();
                nibble = Lanes.SHORT.cast(word.lanewise(VectorOperators.LSHR, 12));
                odd = Lanes.SHORT.cast(nibble.mul(digit)).add(odd);
                p += WORD_BYTES;
                k += 4;
            }
            ShortVector sums = Lanes.SHORT.cast(Lanes.SHORT.cast(even).add(odd));
            float offset = (NIBBLE_CENTRE + base) * total;
            int start = to + b * BLOCK_SUMS;
            FloatVector exact = Lanes.FLOAT.cast(sums.convertShape(VectorOperators.S2F, Lanes.FLOATS, 0));
            Lanes.FLOAT.cast(exact.add(offset)).intoArray(out, start);
            exact = Lanes.FLOAT.cast(sums.convertShape(VectorOperators.S2F, Lanes.FLOATS, 1));
            Lanes.FLOAT.cast(exact.add(offset)).intoArray(out, start + Lanes.WORDS);
        }
    }

    /**
     * Sums of byte * digit for each of some blocks, or for one half of each: integers below 2^24, exact as floats.
     *
     * @param at where the first block's bytes begin
     * @param stride bytes from one block to the next
     * @param elements so many elements, an even number
     * @param digits as the bits of floats, {@value #BLOCK} to a block
     * @param out receives the sums of a block {@value #BLOCK_SUMS} elements behind those of the one before
     */
    static void bytes(
            MemorySegment memory,
            long at,
            int stride,
            int elements,
            int[] digits,
            int first,
            int blocks,
            float[] out,
            int to) {
        for (int block = 0; block < blocks; block++) {
            FloatVector a = FloatVector.zero(Lanes.FLOATS);
            FloatVector b = a;
            FloatVector c = a;
            FloatVector d = a;
            long row = at + (long) block * stride;
            int from = first + block * BLOCK;
            for (int k = from; k < from + elements; k += ELEMENTS) {
                FloatVector x = Lanes.INT
                        .cast(IntVector.broadcast(Lanes.INTS, digits[k]))
                        .reinterpretAsFloats();
                a = Lanes.FLOAT
                        .cast(Lanes.WORD_BYTE
                                .cast(ByteVector.fromMemorySegment(
                                        Lanes.WORD_BYTES, memory, row, ByteOrder.LITTLE_ENDIAN))
                                .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                        .fma(x, a);
                b = Lanes.FLOAT
                        .cast(Lanes.WORD_BYTE
                                .cast(ByteVector.fromMemorySegment(
                                        Lanes.WORD_BYTES, memory, row + Lanes.WORDS, ByteOrder.LITTLE_ENDIAN))
                                .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                        .fma(x, b);
                FloatVector y = ELEMENTS == 1
                        ? x
                        : Lanes.INT
                                .cast(IntVector.broadcast(Lanes.INTS, digits[k + 1]))
                                .reinterpretAsFloats();
                c = Lanes.FLOAT
                        .cast(Lanes.WORD_BYTE
                                .cast(ByteVector.fromMemorySegment(
                                        Lanes.WORD_BYTES, memory, row + 2 * Lanes.WORDS, ByteOrder.LITTLE_ENDIAN))
                                .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                        .fma(y, c);
                d = Lanes.FLOAT
                        .cast(Lanes.WORD_BYTE
                                .cast(ByteVector.fromMemorySegment(
                                        Lanes.WORD_BYTES, memory, row + 3 * Lanes.WORDS, ByteOrder.LITTLE_ENDIAN))
                                .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                        .fma(y, d);
                row += ROWS * ELEMENTS;
            }
            int start = to + block * BLOCK_SUMS;
            if (ELEMENTS == 2) {
                Lanes.FLOAT.cast(Lanes.FLOAT.cast(a).add(c)).intoArray(out, start);
                Lanes.FLOAT.cast(Lanes.FLOAT.cast(b).add(d)).intoArray(out, start + Lanes.WORDS);
            } else {
                Lanes.FLOAT.cast(a).intoArray(out, start);
                Lanes.FLOAT.cast(b).intoArray(out, start + Lanes.WORDS);
                Lanes.FLOAT.cast(c).intoArray(out, start + 2 * Lanes.WORDS);
                Lanes.FLOAT.cast(d).intoArray(out, start + 3 * Lanes.WORDS);
            }
        }
    }
}
