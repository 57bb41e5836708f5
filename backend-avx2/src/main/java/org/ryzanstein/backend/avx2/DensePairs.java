package org.ryzanstein.backend.avx2;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import org.ryzanstein.api.numerics.ContractMath;

/**
 * Dot products of two rows of weights at once, over whole sixteens. Each writes, for each product, accumulator i plus accumulator
 * i + 8, the first step of the contract's tree; {@link #sum} does the rest.
 */
final class DensePairs {
    /** Where a float16's bits land in a float32 when sign and exponent are extended. */
    private static final int HALF_SHIFT = 13;

    private static final int HALF_BITS = 0x8fffe000;
    /** From the exponent's bias in float16 to that in float32. Subnormal numbers come out right as well. */
    private static final float HALF_SCALE = 0x1p112f;

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
            a = floats(memory, first + at).fma(low, a);
            b = floats(memory, first + at + Lanes.WORDS * Float.BYTES).fma(high, b);
            c = floats(memory, second + at).fma(low, c);
            d = floats(memory, second + at + Lanes.WORDS * Float.BYTES).fma(high, d);
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
            a = halves(memory, first + at).fma(low, a);
            b = halves(memory, first + at + Lanes.WORDS * Short.BYTES).fma(high, b);
            c = halves(memory, second + at).fma(low, c);
            d = halves(memory, second + at + Lanes.WORDS * Short.BYTES).fma(high, d);
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
            a = upperHalves(memory, first + at).fma(low, a);
            b = upperHalves(memory, first + at + Lanes.WORDS * Short.BYTES).fma(high, b);
            c = upperHalves(memory, second + at).fma(low, c);
            d = upperHalves(memory, second + at + Lanes.WORDS * Short.BYTES).fma(high, d);
        }
        a.add(b).intoArray(sums, 0);
        c.add(d).intoArray(sums, Lanes.WORDS);
    }

    private static FloatVector floats(MemorySegment memory, long at) {
        return FloatVector.fromMemorySegment(Lanes.FLOATS, memory, at, ByteOrder.LITTLE_ENDIAN);
    }

    /** Eight finite float16 numbers: exact. */
    static FloatVector halves(MemorySegment memory, long at) {
        return ints(memory, at)
                .lanewise(VectorOperators.LSHL, HALF_SHIFT)
                .and(HALF_BITS)
                .reinterpretAsFloats()
                .mul(HALF_SCALE);
    }

    /** Eight bfloat16 numbers. */
    private static FloatVector upperHalves(MemorySegment memory, long at) {
        return ints(memory, at).lanewise(VectorOperators.LSHL, Short.SIZE).reinterpretAsFloats();
    }

    private static IntVector ints(MemorySegment memory, long at) {
        ShortVector bits = ShortVector.fromMemorySegment(Lanes.SHORTS_8, memory, at, ByteOrder.LITTLE_ENDIAN);
        return (IntVector) bits.convertShape(VectorOperators.S2I, Lanes.INTS, 0);
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
            FloatVector w = load(weights, at + k);
            FloatVector v = load(weights, at + columns + k);
            FloatVector p = load(x, xOffset + k);
            FloatVector q = load(x, xOffset + xStride + k);
            a0 = w.fma(p, a0);
            b0 = v.fma(p, b0);
            c0 = w.fma(q, c0);
            d0 = v.fma(q, d0);
            w = load(weights, at + k + Lanes.WORDS);
            v = load(weights, at + columns + k + Lanes.WORDS);
            p = load(x, xOffset + k + Lanes.WORDS);
            q = load(x, xOffset + xStride + k + Lanes.WORDS);
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

    private static FloatVector load(float[] array, int at) {
        return FloatVector.fromArray(Lanes.FLOATS, array, at);
    }
}
