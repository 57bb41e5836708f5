package org.ryzanstein.backend.__isa__;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
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
     * sums = fma(integers, d * factor, sums).
     *
     * @param scalesAt where d, or dmin, of all rows lie
     * @param wide whether they are float32, not float16
     */
    static void add(
            MemorySegment memory,
            long scalesAt,
            boolean wide,
            float[] integers,
            int at,
            float factor,
            float[] sums,
            int to) {
        if (wide) {
            addWide(memory, scalesAt, integers, at, factor, sums, to);
        } else {
            addNarrow(memory, scalesAt, integers, at, factor, sums, to);
        }
    }

    private static void addWide(
            MemorySegment memory, long scalesAt, float[] integers, int at, float factor, float[] sums, int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            FloatVector scale = FloatVector.fromMemorySegment(
                            Lanes.FLOATS, memory, scalesAt + (long) i * Float.BYTES, ByteOrder.LITTLE_ENDIAN)
                    .mul(factor);
            FloatVector.fromArray(Lanes.FLOATS, integers, at + i)
                    .fma(scale, FloatVector.fromArray(Lanes.FLOATS, sums, to + i))
                    .intoArray(sums, to + i);
        }
    }

    private static void addNarrow(
            MemorySegment memory, long scalesAt, float[] integers, int at, float factor, float[] sums, int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            FloatVector scale = ShortVector.fromMemorySegment(
                            Lanes.WORD_SHORTS, memory, scalesAt + (long) i * Short.BYTES, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, HALF_SHIFT)
                    .and(HALF_BITS)
                    .reinterpretAsFloats()
                    .mul(HALF_SCALE)
                    .mul(factor);
            FloatVector.fromArray(Lanes.FLOATS, integers, at + i)
                    .fma(scale, FloatVector.fromArray(Lanes.FLOATS, sums, to + i))
                    .intoArray(sums, to + i);
        }
    }

    /** integers = integers * s. */
    static void scale(MemorySegment memory, long partsAt, float[] integers, int at) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            ByteVector parts =
                    ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, partsAt + i, ByteOrder.LITTLE_ENDIAN);
            FloatVector.fromArray(Lanes.FLOATS, integers, at + i)
                    .mul(parts.convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                    .intoArray(integers, at + i);
        }
    }

    /** integers = integers * s0 + others * s1, where the sums of the second half lie behind those of the first. */
    static void scaleHalves(MemorySegment memory, long partsAt, float[] integers, int at) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            ByteVector first =
                    ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, partsAt + i, ByteOrder.LITTLE_ENDIAN);
            ByteVector second =
                    ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, partsAt + ROWS + i, ByteOrder.LITTLE_ENDIAN);
            FloatVector low = FloatVector.fromArray(Lanes.FLOATS, integers, at + i)
                    .mul(first.convertShape(VectorOperators.B2F, Lanes.FLOATS, 0));
            FloatVector.fromArray(Lanes.FLOATS, integers, at + ROWS + i)
                    .mul(second.convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                    .add(low)
                    .intoArray(integers, at + i);
        }
    }

    /**
     * J_b of all rows: m0 * firstSum + m1 * secondSum.
     *
     * @param first where m0 of all rows lies
     * @param second where m1 of all rows lies
     */
    static void minima(
            MemorySegment memory, long first, long second, float firstSum, float secondSum, float[] out, int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            ByteVector low = ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, first + i, ByteOrder.LITTLE_ENDIAN);
            ByteVector high =
                    ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, second + i, ByteOrder.LITTLE_ENDIAN);
            FloatVector sum = low.convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .mul(firstSum);
            high.convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .mul(secondSum)
                    .add(sum)
                    .intoArray(out, to + i);
        }
    }

    /** d, or dmin, of all rows. */
    static void readScales(MemorySegment memory, long at, boolean wide, float[] out, int to) {
        if (wide) {
            MemorySegment.copy(memory, BlockLayout.FLOAT, at, out, to, ROWS);
            return;
        }
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            ShortVector.fromMemorySegment(
                            Lanes.WORD_SHORTS, memory, at + (long) i * Short.BYTES, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, HALF_SHIFT)
                    .and(HALF_BITS)
                    .reinterpretAsFloats()
                    .mul(HALF_SCALE)
                    .intoArray(out, to + i);
        }
    }

    /** s, or m, of all rows. */
    static void readParts(MemorySegment memory, long at, float[] out, int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, at + i, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .intoArray(out, to + i);
        }
    }
}
