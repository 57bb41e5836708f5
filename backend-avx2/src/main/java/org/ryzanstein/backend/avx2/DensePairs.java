package org.ryzanstein.backend.avx2;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import org.ryzanstein.api.numerics.ContractMath;

/**
 * Dot products of two rows of weights at once, over whole sixteens. Each writes, for each product, accumulator i plus accumulator
 * i + 8, the first step of the contract's tree; {@link #sum} does the rest.
 */
final class DensePairs {
    private DensePairs() {}

    /** The last steps of the tree: lane i takes lane i + 4, then i + 2, i + 1. */
    static float sum(float[] lanes, int at) {
        float even = (lanes[at] + lanes[at + 4]) + (lanes[at + 2] + lanes[at + 6]);
        float odd = (lanes[at + 1] + lanes[at + 5]) + (lanes[at + 3] + lanes[at + 7]);
        return even + odd;
    }

    static void float32(
            MemorySegment memory, long first, long second, float[] x, int xOffset, int columns, float[] sums) {
        FloatVector a = FloatVector.zero(Lanes.FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k < columns; k += ContractMath.LANES) {
            long at = (long) k * Float.BYTES;
            FloatVector low = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k);
            FloatVector high = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k + Lanes.WORDS);
            a = FloatVector.fromMemorySegment(Lanes.FLOATS, memory, first + at, ByteOrder.LITTLE_ENDIAN)
                    .fma(low, a);
            b = FloatVector.fromMemorySegment(
                            Lanes.FLOATS, memory, first + at + Lanes.WORDS * Float.BYTES, ByteOrder.LITTLE_ENDIAN)
                    .fma(high, b);
            c = FloatVector.fromMemorySegment(Lanes.FLOATS, memory, second + at, ByteOrder.LITTLE_ENDIAN)
                    .fma(low, c);
            d = FloatVector.fromMemorySegment(
                            Lanes.FLOATS, memory, second + at + Lanes.WORDS * Float.BYTES, ByteOrder.LITTLE_ENDIAN)
                    .fma(high, d);
        }
        a.add(b).intoArray(sums, 0);
        c.add(d).intoArray(sums, Lanes.WORDS);
    }

    /** For finite weights. */
    static void float16(
            MemorySegment memory, long first, long second, float[] x, int xOffset, int columns, float[] sums) {
        FloatVector a = FloatVector.zero(Lanes.FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k < columns; k += ContractMath.LANES) {
            long at = (long) k * Short.BYTES;
            FloatVector low = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k);
            FloatVector high = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k + Lanes.WORDS);
            a = ShortVector.fromMemorySegment(Lanes.SHORTS_8, memory, first + at, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, BlockNumbers.HALF_SHIFT)
                    .and(BlockNumbers.HALF_BITS)
                    .reinterpretAsFloats()
                    .mul(BlockNumbers.HALF_SCALE)
                    .fma(low, a);
            b = ShortVector.fromMemorySegment(
                            Lanes.SHORTS_8, memory, first + at + Lanes.WORDS * Short.BYTES, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, BlockNumbers.HALF_SHIFT)
                    .and(BlockNumbers.HALF_BITS)
                    .reinterpretAsFloats()
                    .mul(BlockNumbers.HALF_SCALE)
                    .fma(high, b);
            c = ShortVector.fromMemorySegment(Lanes.SHORTS_8, memory, second + at, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, BlockNumbers.HALF_SHIFT)
                    .and(BlockNumbers.HALF_BITS)
                    .reinterpretAsFloats()
                    .mul(BlockNumbers.HALF_SCALE)
                    .fma(low, c);
            d = ShortVector.fromMemorySegment(
                            Lanes.SHORTS_8, memory, second + at + Lanes.WORDS * Short.BYTES, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, BlockNumbers.HALF_SHIFT)
                    .and(BlockNumbers.HALF_BITS)
                    .reinterpretAsFloats()
                    .mul(BlockNumbers.HALF_SCALE)
                    .fma(high, d);
        }
        a.add(b).intoArray(sums, 0);
        c.add(d).intoArray(sums, Lanes.WORDS);
    }

    static void bfloat16(
            MemorySegment memory, long first, long second, float[] x, int xOffset, int columns, float[] sums) {
        FloatVector a = FloatVector.zero(Lanes.FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k < columns; k += ContractMath.LANES) {
            long at = (long) k * Short.BYTES;
            FloatVector low = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k);
            FloatVector high = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k + Lanes.WORDS);
            a = ShortVector.fromMemorySegment(Lanes.SHORTS_8, memory, first + at, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, Short.SIZE)
                    .reinterpretAsFloats()
                    .fma(low, a);
            b = ShortVector.fromMemorySegment(
                            Lanes.SHORTS_8, memory, first + at + Lanes.WORDS * Short.BYTES, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, Short.SIZE)
                    .reinterpretAsFloats()
                    .fma(high, b);
            c = ShortVector.fromMemorySegment(Lanes.SHORTS_8, memory, second + at, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, Short.SIZE)
                    .reinterpretAsFloats()
                    .fma(low, c);
            d = ShortVector.fromMemorySegment(
                            Lanes.SHORTS_8, memory, second + at + Lanes.WORDS * Short.BYTES, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, Short.SIZE)
                    .reinterpretAsFloats()
                    .fma(high, d);
        }
        a.add(b).intoArray(sums, 0);
        c.add(d).intoArray(sums, Lanes.WORDS);
    }

    /**
     * Two rows of weights, {@code columns} apart, by two rows of activations, {@code xStride} apart. Products are in the order
     * (row of activations, row of weights).
     */
    static void twoByTwo(float[] weights, int at, int columns, float[] x, int xOffset, int xStride, float[] sums) {
        FloatVector a0 = FloatVector.zero(Lanes.FLOATS);
        FloatVector a1 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        for (int k = 0; k < columns; k += ContractMath.LANES) {
            FloatVector w = FloatVector.fromArray(Lanes.FLOATS, weights, at + k);
            FloatVector v = FloatVector.fromArray(Lanes.FLOATS, weights, at + columns + k);
            FloatVector p = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k);
            FloatVector q = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + xStride + k);
            a0 = w.fma(p, a0);
            b0 = v.fma(p, b0);
            c0 = w.fma(q, c0);
            d0 = v.fma(q, d0);
            w = FloatVector.fromArray(Lanes.FLOATS, weights, at + k + Lanes.WORDS);
            v = FloatVector.fromArray(Lanes.FLOATS, weights, at + columns + k + Lanes.WORDS);
            p = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k + Lanes.WORDS);
            q = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + xStride + k + Lanes.WORDS);
            a1 = w.fma(p, a1);
            b1 = v.fma(p, b1);
            c1 = w.fma(q, c1);
            d1 = v.fma(q, d1);
        }
        a0.add(a1).intoArray(sums, 0);
        b0.add(b1).intoArray(sums, Lanes.WORDS);
        c0.add(c1).intoArray(sums, 2 * Lanes.WORDS);
        d0.add(d1).intoArray(sums, 3 * Lanes.WORDS);
    }
}
