package org.ryzanstein.backend.__isa__;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import org.ryzanstein.backend.cpu.BlockLayout;

/** From integer sums and the numbers of a block to its part of a product; lanes are rows. */
final class BlockNumbers {
    private static final int ROWS = BlockLayout.ROWS;
    /** Where a float16's bits land in a float32 when sign and exponent are extended. */
    static final int HALF_SHIFT = 13;

    static final int HALF_BITS = 0x8fffe000;
    /** From the exponent's bias in float16 to that in float32. Subnormal numbers come out right as well. */
    static final float HALF_SCALE = 0x1p112f;

    private BlockNumbers() {}

    /**
     * sums = fma(integers, d * factor, sums) for some blocks, one after the other, with float32 scales.
     *
     * @param at where d, or dmin, of all rows lies in the first block
     * @param stride bytes from one block to the next
     * @param integers of each block those of all rows, {@value BlockIntegers#BLOCK_SUMS} elements apart
     * @param factors those of the blocks, from {@code factor} on
     */
    static void addWide(
            MemorySegment memory,
            long at,
            int stride,
            int blocks,
            float[] integers,
            float[] factors,
            int factor,
            float[] sums,
            int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            FloatVector sum = FloatVector.fromArray(Lanes.FLOATS, sums, to + i);
            long scales = at + (long) i * Float.BYTES;
            for (int b = 0; b < blocks; b++) {
                FloatVector scale = Lanes.FLOAT
                        .cast(FloatVector.fromMemorySegment(
                                Lanes.FLOATS, memory, scales + (long) b * stride, ByteOrder.LITTLE_ENDIAN))
                        .mul(factors[factor + b]);
                sum = Lanes.FLOAT
                        .cast(FloatVector.fromArray(Lanes.FLOATS, integers, b * BlockIntegers.BLOCK_SUMS + i))
                        .fma(scale, sum);
            }
            Lanes.FLOAT.cast(sum).intoArray(sums, to + i);
        }
    }

    /** As {@link #addWide} with float16 scales. */
    static void addNarrow(
            MemorySegment memory,
            long at,
            int stride,
            int blocks,
            float[] integers,
            float[] factors,
            int factor,
            float[] sums,
            int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            FloatVector sum = FloatVector.fromArray(Lanes.FLOATS, sums, to + i);
            long scales = at + (long) i * Short.BYTES;
            for (int b = 0; b < blocks; b++) {
                ShortVector half = Lanes.WORD_SHORT.cast(ShortVector.fromMemorySegment(
                        Lanes.WORD_SHORTS, memory, scales + (long) b * stride, ByteOrder.LITTLE_ENDIAN));
                IntVector bits = Lanes.INT.cast(half.convertShape(VectorOperators.S2I, Lanes.INTS, 0));
                bits = Lanes.INT.cast(bits.lanewise(VectorOperators.LSHL, HALF_SHIFT));
                bits = Lanes.INT.cast(bits.and(HALF_BITS));
                FloatVector scale = Lanes.FLOAT.cast(bits.reinterpretAsFloats());
                scale = Lanes.FLOAT.cast(scale.mul(HALF_SCALE)).mul(factors[factor + b]);
                sum = Lanes.FLOAT
                        .cast(FloatVector.fromArray(Lanes.FLOATS, integers, b * BlockIntegers.BLOCK_SUMS + i))
                        .fma(scale, sum);
            }
            Lanes.FLOAT.cast(sum).intoArray(sums, to + i);
        }
    }

    /** integers = integers * s for some blocks; s of all rows of the first lies at {@code at}. */
    static void scale(MemorySegment memory, long at, int stride, int blocks, float[] integers) {
        for (int b = 0; b < blocks; b++) {
            int to = b * BlockIntegers.BLOCK_SUMS;
            for (int i = 0; i < ROWS; i += Lanes.WORDS) {
                ByteVector parts = Lanes.WORD_BYTE.cast(ByteVector.fromMemorySegment(
                        Lanes.WORD_BYTES, memory, at + (long) b * stride + i, ByteOrder.LITTLE_ENDIAN));
                Lanes.FLOAT
                        .cast(Lanes.FLOAT
                                .cast(FloatVector.fromArray(Lanes.FLOATS, integers, to + i))
                                .mul(parts.convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)))
                        .intoArray(integers, to + i);
            }
        }
    }

    /** integers = integers * s0 + others * s1, where the sums of the second half lie behind those of the first. */
    static void scaleHalves(MemorySegment memory, long at, int stride, int blocks, float[] integers) {
        for (int b = 0; b < blocks; b++) {
            int to = b * BlockIntegers.BLOCK_SUMS;
            for (int i = 0; i < ROWS; i += Lanes.WORDS) {
                long parts = at + (long) b * stride + i;
                ByteVector first = Lanes.WORD_BYTE.cast(
                        ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, parts, ByteOrder.LITTLE_ENDIAN));
                ByteVector second = Lanes.WORD_BYTE.cast(
                        ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, parts + ROWS, ByteOrder.LITTLE_ENDIAN));
                FloatVector low = Lanes.FLOAT
                        .cast(FloatVector.fromArray(Lanes.FLOATS, integers, to + i))
                        .mul(first.convertShape(VectorOperators.B2F, Lanes.FLOATS, 0));
                Lanes.FLOAT
                        .cast(Lanes.FLOAT
                                .cast(Lanes.FLOAT
                                        .cast(FloatVector.fromArray(Lanes.FLOATS, integers, to + ROWS + i))
                                        .mul(second.convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)))
                                .add(low))
                        .intoArray(integers, to + i);
            }
        }
    }

    /**
     * J_b of all rows for some blocks: m0 and m1 times the sums of the digits of each half.
     *
     * @param first where m0 of all rows lies in the first block
     * @param second where m1 of all rows lies
     * @param digitSums two for each block, those of the first from {@code sum} on
     */
    static void minima(
            MemorySegment memory,
            long first,
            long second,
            int stride,
            int blocks,
            int[] digitSums,
            int sum,
            float[] out) {
        for (int b = 0; b < blocks; b++) {
            int to = b * BlockIntegers.BLOCK_SUMS;
            float firstSum = digitSums[sum + 2 * b];
            float secondSum = digitSums[sum + 2 * b + 1];
            for (int i = 0; i < ROWS; i += Lanes.WORDS) {
                long at = (long) b * stride + i;
                ByteVector low = Lanes.WORD_BYTE.cast(
                        ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, first + at, ByteOrder.LITTLE_ENDIAN));
                ByteVector high = Lanes.WORD_BYTE.cast(
                        ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, second + at, ByteOrder.LITTLE_ENDIAN));
                FloatVector product = Lanes.FLOAT
                        .cast(low.convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                        .mul(firstSum);
                Lanes.FLOAT
                        .cast(Lanes.FLOAT
                                .cast(Lanes.FLOAT
                                        .cast(high.convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                                        .mul(secondSum))
                                .add(product))
                        .intoArray(out, to + i);
            }
        }
    }

    /** d, or dmin, of all rows. */
    static void readScales(MemorySegment memory, long at, boolean wide, float[] out, int to) {
        if (wide) {
            MemorySegment.copy(memory, BlockLayout.FLOAT, at, out, to, ROWS);
            return;
        }
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            ShortVector half = Lanes.WORD_SHORT.cast(ShortVector.fromMemorySegment(
                    Lanes.WORD_SHORTS, memory, at + (long) i * Short.BYTES, ByteOrder.LITTLE_ENDIAN));
            IntVector bits = Lanes.INT.cast(half.convertShape(VectorOperators.S2I, Lanes.INTS, 0));
            bits = Lanes.INT.cast(bits.lanewise(VectorOperators.LSHL, HALF_SHIFT));
            bits = Lanes.INT.cast(bits.and(HALF_BITS));
            FloatVector scale = Lanes.FLOAT.cast(bits.reinterpretAsFloats());
            Lanes.FLOAT.cast(scale.mul(HALF_SCALE)).intoArray(out, to + i);
        }
    }

    /** s, or m, of all rows. */
    static void readParts(MemorySegment memory, long at, float[] out, int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            Lanes.FLOAT
                    .cast(Lanes.WORD_BYTE
                            .cast(ByteVector.fromMemorySegment(
                                    Lanes.WORD_BYTES, memory, at + i, ByteOrder.LITTLE_ENDIAN))
                            .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                    .intoArray(out, to + i);
        }
    }
}
