package org.ryzanstein.backend.__isa__;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import org.ryzanstein.api.numerics.ContractMath;

/**
 * The accumulators of dot products with one row of activations, sixteen of each: the lanes of one vector or of two. Each method fills four vectors, so that sums hide
 * one another's latency: as many rows of weights go together as have room in four.
 */
final class DenseRows {
    /** Vectors that hold the accumulators of one product: one or two. */
    private static final int PARTS = ContractMath.LANES / Lanes.WORDS;

    /** Rows of weights that go together. */
    static final int ROWS = 4 / PARTS;

    /** The first column of the second and fourth vector. */
    private static final int ODD = (PARTS - 1) * Lanes.WORDS;

    private static final int BFLOAT_SHIFT = 16;

    private DenseRows() {}

    /**
     * Float32 weights.
     *
     * @param stride bytes from one row of weights to the next
     * @param columns a multiple of sixteen
     * @param sums receives for each row of weights a vector for {@link DotProduct#tree}
     */
    static void float32(MemorySegment memory, long at, long stride, int columns, float[] x, int xOffset, float[] sums) {
        long second = stride * (1 / PARTS) + (long) ODD * Float.BYTES;
        long third = stride * (2 / PARTS);
        long fourth = third + second;
        FloatVector a = FloatVector.zero(Lanes.FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k < columns; k += ContractMath.LANES) {
            FloatVector even = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k);
            FloatVector odd = PARTS == 1 ? even : FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k + Lanes.WORDS);
            long w = at + (long) k * Float.BYTES;
            a = Lanes.FLOAT
                    .cast(FloatVector.fromMemorySegment(Lanes.FLOATS, memory, w, ByteOrder.LITTLE_ENDIAN))
                    .fma(even, a);
            b = Lanes.FLOAT
                    .cast(FloatVector.fromMemorySegment(Lanes.FLOATS, memory, w + second, ByteOrder.LITTLE_ENDIAN))
                    .fma(odd, b);
            c = Lanes.FLOAT
                    .cast(FloatVector.fromMemorySegment(Lanes.FLOATS, memory, w + third, ByteOrder.LITTLE_ENDIAN))
                    .fma(even, c);
            d = Lanes.FLOAT
                    .cast(FloatVector.fromMemorySegment(Lanes.FLOATS, memory, w + fourth, ByteOrder.LITTLE_ENDIAN))
                    .fma(odd, d);
        }
        if (PARTS == 1) {
            Lanes.FLOAT.cast(a).intoArray(sums, 0);
            Lanes.FLOAT.cast(b).intoArray(sums, Lanes.WORDS);
            Lanes.FLOAT.cast(c).intoArray(sums, 2 * Lanes.WORDS);
            Lanes.FLOAT.cast(d).intoArray(sums, 3 * Lanes.WORDS);
        } else {
            Lanes.FLOAT.cast(Lanes.FLOAT.cast(a).add(b)).intoArray(sums, 0);
            Lanes.FLOAT.cast(Lanes.FLOAT.cast(c).add(d)).intoArray(sums, Lanes.WORDS);
        }
    }

    /** The same with bfloat16 weights. */
    static void bfloat16(
            MemorySegment memory, long at, long stride, int columns, float[] x, int xOffset, float[] sums) {
        long second = stride * (1 / PARTS) + (long) ODD * Short.BYTES;
        long third = stride * (2 / PARTS);
        long fourth = third + second;
        FloatVector a = FloatVector.zero(Lanes.FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k < columns; k += ContractMath.LANES) {
            FloatVector even = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k);
            FloatVector odd = PARTS == 1 ? even : FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k + Lanes.WORDS);
            long w = at + (long) k * Short.BYTES;
            ShortVector halves = Lanes.WORD_SHORT.cast(
                    ShortVector.fromMemorySegment(Lanes.WORD_SHORTS, memory, w, ByteOrder.LITTLE_ENDIAN));
            IntVector bits = Lanes.INT.cast(halves.convertShape(VectorOperators.S2I, Lanes.INTS, 0));
            bits = Lanes.INT.cast(bits.lanewise(VectorOperators.LSHL, BFLOAT_SHIFT));
            a = Lanes.FLOAT.cast(bits.reinterpretAsFloats()).fma(even, a);
            halves = Lanes.WORD_SHORT.cast(
                    ShortVector.fromMemorySegment(Lanes.WORD_SHORTS, memory, w + second, ByteOrder.LITTLE_ENDIAN));
            bits = Lanes.INT.cast(halves.convertShape(VectorOperators.S2I, Lanes.INTS, 0));
            bits = Lanes.INT.cast(bits.lanewise(VectorOperators.LSHL, BFLOAT_SHIFT));
            b = Lanes.FLOAT.cast(bits.reinterpretAsFloats()).fma(odd, b);
            halves = Lanes.WORD_SHORT.cast(
                    ShortVector.fromMemorySegment(Lanes.WORD_SHORTS, memory, w + third, ByteOrder.LITTLE_ENDIAN));
            bits = Lanes.INT.cast(halves.convertShape(VectorOperators.S2I, Lanes.INTS, 0));
            bits = Lanes.INT.cast(bits.lanewise(VectorOperators.LSHL, BFLOAT_SHIFT));
            c = Lanes.FLOAT.cast(bits.reinterpretAsFloats()).fma(even, c);
            halves = Lanes.WORD_SHORT.cast(
                    ShortVector.fromMemorySegment(Lanes.WORD_SHORTS, memory, w + fourth, ByteOrder.LITTLE_ENDIAN));
            bits = Lanes.INT.cast(halves.convertShape(VectorOperators.S2I, Lanes.INTS, 0));
            bits = Lanes.INT.cast(bits.lanewise(VectorOperators.LSHL, BFLOAT_SHIFT));
            d = Lanes.FLOAT.cast(bits.reinterpretAsFloats()).fma(odd, d);
        }
        if (PARTS == 1) {
            Lanes.FLOAT.cast(a).intoArray(sums, 0);
            Lanes.FLOAT.cast(b).intoArray(sums, Lanes.WORDS);
            Lanes.FLOAT.cast(c).intoArray(sums, 2 * Lanes.WORDS);
            Lanes.FLOAT.cast(d).intoArray(sums, 3 * Lanes.WORDS);
        } else {
            Lanes.FLOAT.cast(Lanes.FLOAT.cast(a).add(b)).intoArray(sums, 0);
            Lanes.FLOAT.cast(Lanes.FLOAT.cast(c).add(d)).intoArray(sums, Lanes.WORDS);
        }
    }

    /** The same with float16 weights, which must be finite. */
    static void float16(MemorySegment memory, long at, long stride, int columns, float[] x, int xOffset, float[] sums) {
        long second = stride * (1 / PARTS) + (long) ODD * Short.BYTES;
        long third = stride * (2 / PARTS);
        long fourth = third + second;
        FloatVector a = FloatVector.zero(Lanes.FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k < columns; k += ContractMath.LANES) {
            FloatVector even = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k);
            FloatVector odd = PARTS == 1 ? even : FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k + Lanes.WORDS);
            long w = at + (long) k * Short.BYTES;
            ShortVector halves = Lanes.WORD_SHORT.cast(
                    ShortVector.fromMemorySegment(Lanes.WORD_SHORTS, memory, w, ByteOrder.LITTLE_ENDIAN));
            IntVector bits = Lanes.INT.cast(halves.convertShape(VectorOperators.S2I, Lanes.INTS, 0));
            bits = Lanes.INT.cast(bits.lanewise(VectorOperators.LSHL, BlockNumbers.HALF_SHIFT));
            bits = Lanes.INT.cast(bits.and(BlockNumbers.HALF_BITS));
            FloatVector weight = Lanes.FLOAT.cast(bits.reinterpretAsFloats());
            a = Lanes.FLOAT.cast(weight.mul(BlockNumbers.HALF_SCALE)).fma(even, a);
            halves = Lanes.WORD_SHORT.cast(
                    ShortVector.fromMemorySegment(Lanes.WORD_SHORTS, memory, w + second, ByteOrder.LITTLE_ENDIAN));
            bits = Lanes.INT.cast(halves.convertShape(VectorOperators.S2I, Lanes.INTS, 0));
            bits = Lanes.INT.cast(bits.lanewise(VectorOperators.LSHL, BlockNumbers.HALF_SHIFT));
            bits = Lanes.INT.cast(bits.and(BlockNumbers.HALF_BITS));
            weight = Lanes.FLOAT.cast(bits.reinterpretAsFloats());
            b = Lanes.FLOAT.cast(weight.mul(BlockNumbers.HALF_SCALE)).fma(odd, b);
            halves = Lanes.WORD_SHORT.cast(
                    ShortVector.fromMemorySegment(Lanes.WORD_SHORTS, memory, w + third, ByteOrder.LITTLE_ENDIAN));
            bits = Lanes.INT.cast(halves.convertShape(VectorOperators.S2I, Lanes.INTS, 0));
            bits = Lanes.INT.cast(bits.lanewise(VectorOperators.LSHL, BlockNumbers.HALF_SHIFT));
            bits = Lanes.INT.cast(bits.and(BlockNumbers.HALF_BITS));
            weight = Lanes.FLOAT.cast(bits.reinterpretAsFloats());
            c = Lanes.FLOAT.cast(weight.mul(BlockNumbers.HALF_SCALE)).fma(even, c);
            halves = Lanes.WORD_SHORT.cast(
                    ShortVector.fromMemorySegment(Lanes.WORD_SHORTS, memory, w + fourth, ByteOrder.LITTLE_ENDIAN));
            bits = Lanes.INT.cast(halves.convertShape(VectorOperators.S2I, Lanes.INTS, 0));
            bits = Lanes.INT.cast(bits.lanewise(VectorOperators.LSHL, BlockNumbers.HALF_SHIFT));
            bits = Lanes.INT.cast(bits.and(BlockNumbers.HALF_BITS));
            weight = Lanes.FLOAT.cast(bits.reinterpretAsFloats());
            d = Lanes.FLOAT.cast(weight.mul(BlockNumbers.HALF_SCALE)).fma(odd, d);
        }
        if (PARTS == 1) {
            Lanes.FLOAT.cast(a).intoArray(sums, 0);
            Lanes.FLOAT.cast(b).intoArray(sums, Lanes.WORDS);
            Lanes.FLOAT.cast(c).intoArray(sums, 2 * Lanes.WORDS);
            Lanes.FLOAT.cast(d).intoArray(sums, 3 * Lanes.WORDS);
        } else {
            Lanes.FLOAT.cast(Lanes.FLOAT.cast(a).add(b)).intoArray(sums, 0);
            Lanes.FLOAT.cast(Lanes.FLOAT.cast(c).add(d)).intoArray(sums, Lanes.WORDS);
        }
    }
}
