package org.ryzanstein.backend.avx2;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import org.ryzanstein.api.numerics.ContractMath;

/** The contract's dot product: its sixteen accumulators are the lanes of two vectors. */
final class DotProduct {
    private static final VectorShuffle<Float> FROM_4 = VectorShuffle.iota(Lanes.FLOATS, 4, 1, true);
    private static final VectorShuffle<Float> FROM_2 = VectorShuffle.iota(Lanes.FLOATS, 2, 1, true);
    private static final VectorShuffle<Float> FROM_1 = VectorShuffle.iota(Lanes.FLOATS, 1, 1, true);

    private DotProduct() {}

    static float dot(float[] a, int aOffset, float[] b, int bOffset, int length) {
        FloatVector first = FloatVector.zero(Lanes.FLOATS);
        FloatVector second = first;
        int k = 0;
        for (; k + ContractMath.LANES <= length; k += ContractMath.LANES) {
            FloatVector x = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, a, aOffset + k));
            first = x.fma(FloatVector.fromArray(Lanes.FLOATS, b, bOffset + k), first);
            x = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, a, aOffset + k + Lanes.WORDS));
            second = x.fma(FloatVector.fromArray(Lanes.FLOATS, b, bOffset + k + Lanes.WORDS), second);
        }
        if (k < length) {
            // Lanes beyond the end keep their value: fma(0, 0, -0) would make +0 of -0.
            VectorMask<Float> inside = VectorMask.fromLong(Lanes.FLOATS, (1L << (length - k)) - 1);
            FloatVector x = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, a, aOffset + k, inside));
            FloatVector y = FloatVector.fromArray(Lanes.FLOATS, b, bOffset + k, inside);
            first = Lanes.FLOAT.cast(first).blend(x.fma(y, first), inside);
            if (k + Lanes.WORDS < length) {
                inside = VectorMask.fromLong(Lanes.FLOATS, (1L << (length - k - Lanes.WORDS)) - 1);
                x = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, a, aOffset + k + Lanes.WORDS, inside));
                y = FloatVector.fromArray(Lanes.FLOATS, b, bOffset + k + Lanes.WORDS, inside);
                second = Lanes.FLOAT.cast(second).blend(x.fma(y, second), inside);
            }
        }
        // Lane i takes lane i + 4, then i + 2, i + 1; what the upper lanes get does not matter.
        FloatVector eight = Lanes.FLOAT.cast(Lanes.FLOAT.cast(first).add(second));
        FloatVector four = Lanes.FLOAT.cast(eight.add(eight.rearrange(FROM_4)));
        FloatVector two = Lanes.FLOAT.cast(four.add(four.rearrange(FROM_2)));
        return Lanes.FLOAT.cast(two.add(two.rearrange(FROM_1))).lane(0);
    }

    /**
     * The dot product of a row with itself. Norms take it of block after block: without what only a length that is no multiple of
     * sixteen needs, it is small enough to be compiled into their loop in every case.
     */
    static float squares(float[] x, int offset, int length) {
        if (length % ContractMath.LANES != 0) {
            return dot(x, offset, x, offset, length);
        }
        FloatVector first = FloatVector.zero(Lanes.FLOATS);
        FloatVector second = first;
        for (int k = 0; k < length; k += ContractMath.LANES) {
            FloatVector a = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, x, offset + k));
            FloatVector b = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, x, offset + k + Lanes.WORDS));
            first = a.fma(a, first);
            second = b.fma(b, second);
        }
        FloatVector eight = Lanes.FLOAT.cast(Lanes.FLOAT.cast(first).add(second));
        FloatVector four = Lanes.FLOAT.cast(eight.add(eight.rearrange(FROM_4)));
        FloatVector two = Lanes.FLOAT.cast(four.add(four.rearrange(FROM_2)));
        return Lanes.FLOAT.cast(two.add(two.rearrange(FROM_1))).lane(0);
    }

    /** The rest of the contract's tree for one vector, whose lane i is accumulator i plus accumulator i + 8. */
    static float tree(float[] lanes, int at) {
        float even = (lanes[at] + lanes[at + 4]) + (lanes[at + 2] + lanes[at + 6]);
        float odd = (lanes[at + 1] + lanes[at + 5]) + (lanes[at + 3] + lanes[at + 7]);
        return even + odd;
    }
}
