package org.ryzanstein.backend.avx512;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The accumulators of dot products: sixteen of each product, which are the lanes of one vector. Each method takes four rows of
 * weights, so that the sums of four products hide one another's latency, and stores the accumulators row by row.
 */
final class DenseRows {
    /** Rows of weights, and rows of activations in {@link #fourByFour}. */
    static final int FOUR = 4;

    private static final int BFLOAT_SHIFT = 16;

    private DenseRows() {}

    /**
     * Float32 weights with one row of activations.
     *
     * @param stride bytes from one row of weights to the next
     * @param columns a multiple of sixteen
     */
    static void float32(MemorySegment memory, long at, long stride, int columns, float[] x, int xOffset, float[] sums) {
        FloatVector a = FloatVector.zero(Lanes.FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k < columns; k += Lanes.WORDS) {
            FloatVector v = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k);
            long w = at + (long) k * Float.BYTES;
            a = FloatVector.fromMemorySegment(Lanes.FLOATS, memory, w, ByteOrder.LITTLE_ENDIAN)
                    .fma(v, a);
            b = FloatVector.fromMemorySegment(Lanes.FLOATS, memory, w + stride, ByteOrder.LITTLE_ENDIAN)
                    .fma(v, b);
            c = FloatVector.fromMemorySegment(Lanes.FLOATS, memory, w + 2 * stride, ByteOrder.LITTLE_ENDIAN)
                    .fma(v, c);
            d = FloatVector.fromMemorySegment(Lanes.FLOATS, memory, w + 3 * stride, ByteOrder.LITTLE_ENDIAN)
                    .fma(v, d);
        }
        a.intoArray(sums, 0);
        b.intoArray(sums, Lanes.WORDS);
        c.intoArray(sums, 2 * Lanes.WORDS);
        d.intoArray(sums, 3 * Lanes.WORDS);
    }

    /** The same with bfloat16 weights. */
    static void bfloat16(
            MemorySegment memory, long at, long stride, int columns, float[] x, int xOffset, float[] sums) {
        FloatVector a = FloatVector.zero(Lanes.FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k < columns; k += Lanes.WORDS) {
            FloatVector v = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k);
            long w = at + (long) k * Short.BYTES;
            a = ShortVector.fromMemorySegment(Lanes.SHORTS_16, memory, w, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, BFLOAT_SHIFT)
                    .reinterpretAsFloats()
                    .fma(v, a);
            b = ShortVector.fromMemorySegment(Lanes.SHORTS_16, memory, w + stride, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, BFLOAT_SHIFT)
                    .reinterpretAsFloats()
                    .fma(v, b);
            c = ShortVector.fromMemorySegment(Lanes.SHORTS_16, memory, w + 2 * stride, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, BFLOAT_SHIFT)
                    .reinterpretAsFloats()
                    .fma(v, c);
            d = ShortVector.fromMemorySegment(Lanes.SHORTS_16, memory, w + 3 * stride, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, BFLOAT_SHIFT)
                    .reinterpretAsFloats()
                    .fma(v, d);
        }
        a.intoArray(sums, 0);
        b.intoArray(sums, Lanes.WORDS);
        c.intoArray(sums, 2 * Lanes.WORDS);
        d.intoArray(sums, 3 * Lanes.WORDS);
    }

    /** The same with float16 weights, which must be finite. */
    static void float16(MemorySegment memory, long at, long stride, int columns, float[] x, int xOffset, float[] sums) {
        FloatVector a = FloatVector.zero(Lanes.FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k < columns; k += Lanes.WORDS) {
            FloatVector v = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k);
            long w = at + (long) k * Short.BYTES;
            a = ShortVector.fromMemorySegment(Lanes.SHORTS_16, memory, w, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, BlockNumbers.HALF_SHIFT)
                    .and(BlockNumbers.HALF_BITS)
                    .reinterpretAsFloats()
                    .mul(BlockNumbers.HALF_SCALE)
                    .fma(v, a);
            b = ShortVector.fromMemorySegment(Lanes.SHORTS_16, memory, w + stride, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, BlockNumbers.HALF_SHIFT)
                    .and(BlockNumbers.HALF_BITS)
                    .reinterpretAsFloats()
                    .mul(BlockNumbers.HALF_SCALE)
                    .fma(v, b);
            c = ShortVector.fromMemorySegment(Lanes.SHORTS_16, memory, w + 2 * stride, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, BlockNumbers.HALF_SHIFT)
                    .and(BlockNumbers.HALF_BITS)
                    .reinterpretAsFloats()
                    .mul(BlockNumbers.HALF_SCALE)
                    .fma(v, c);
            d = ShortVector.fromMemorySegment(Lanes.SHORTS_16, memory, w + 3 * stride, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, BlockNumbers.HALF_SHIFT)
                    .and(BlockNumbers.HALF_BITS)
                    .reinterpretAsFloats()
                    .mul(BlockNumbers.HALF_SCALE)
                    .fma(v, d);
        }
        a.intoArray(sums, 0);
        b.intoArray(sums, Lanes.WORDS);
        c.intoArray(sums, 2 * Lanes.WORDS);
        d.intoArray(sums, 3 * Lanes.WORDS);
    }

    /**
     * Decoded weights with four rows of activations.
     *
     * @param stride floats from one row of weights to the next
     * @param xStride the same for activations
     * @param columns a multiple of sixteen
     * @param sums receives accumulators, shape (row of activations, row of weights, 16), from {@code to} on
     */
    static void fourByFour(
            float[] weights, int stride, int columns, float[] x, int xOffset, int xStride, float[] sums, int to) {
        FloatVector a0 = FloatVector.zero(Lanes.FLOATS);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector b2 = a0;
        FloatVector b3 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector c2 = a0;
        FloatVector c3 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        FloatVector d2 = a0;
        FloatVector d3 = a0;
        for (int k = 0; k < columns; k += Lanes.WORDS) {
            FloatVector w0 = FloatVector.fromArray(Lanes.FLOATS, weights, k);
            FloatVector w1 = FloatVector.fromArray(Lanes.FLOATS, weights, stride + k);
            FloatVector w2 = FloatVector.fromArray(Lanes.FLOATS, weights, 2 * stride + k);
            FloatVector w3 = FloatVector.fromArray(Lanes.FLOATS, weights, 3 * stride + k);
            FloatVector v = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k);
            a0 = v.fma(w0, a0);
            a1 = v.fma(w1, a1);
            a2 = v.fma(w2, a2);
            a3 = v.fma(w3, a3);
            v = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + xStride + k);
            b0 = v.fma(w0, b0);
            b1 = v.fma(w1, b1);
            b2 = v.fma(w2, b2);
            b3 = v.fma(w3, b3);
            v = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + 2 * xStride + k);
            c0 = v.fma(w0, c0);
            c1 = v.fma(w1, c1);
            c2 = v.fma(w2, c2);
            c3 = v.fma(w3, c3);
            v = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + 3 * xStride + k);
            d0 = v.fma(w0, d0);
            d1 = v.fma(w1, d1);
            d2 = v.fma(w2, d2);
            d3 = v.fma(w3, d3);
        }
        a0.intoArray(sums, to);
        a1.intoArray(sums, to + Lanes.WORDS);
        a2.intoArray(sums, to + 2 * Lanes.WORDS);
        a3.intoArray(sums, to + 3 * Lanes.WORDS);
        b0.intoArray(sums, to + 4 * Lanes.WORDS);
        b1.intoArray(sums, to + 5 * Lanes.WORDS);
        b2.intoArray(sums, to + 6 * Lanes.WORDS);
        b3.intoArray(sums, to + 7 * Lanes.WORDS);
        c0.intoArray(sums, to + 8 * Lanes.WORDS);
        c1.intoArray(sums, to + 9 * Lanes.WORDS);
        c2.intoArray(sums, to + 10 * Lanes.WORDS);
        c3.intoArray(sums, to + 11 * Lanes.WORDS);
        d0.intoArray(sums, to + 12 * Lanes.WORDS);
        d1.intoArray(sums, to + 13 * Lanes.WORDS);
        d2.intoArray(sums, to + 14 * Lanes.WORDS);
        d3.intoArray(sums, to + 15 * Lanes.WORDS);
    }
}
