package org.ryzanstein.backend.avx512;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/** The contract's dot product: its sixteen accumulators are the lanes of one vector. */
final class DotProduct {
    private static final VectorShuffle<Float> FROM_8 = VectorShuffle.iota(Lanes.FLOATS, 8, 1, true);
    private static final VectorShuffle<Float> FROM_4 = VectorShuffle.iota(Lanes.FLOATS, 4, 1, true);
    private static final VectorShuffle<Float> FROM_2 = VectorShuffle.iota(Lanes.FLOATS, 2, 1, true);
    private static final VectorShuffle<Float> FROM_1 = VectorShuffle.iota(Lanes.FLOATS, 1, 1, true);

    private DotProduct() {}

    static float dot(float[] a, int aOffset, float[] b, int bOffset, int length) {
        FloatVector sums = FloatVector.zero(Lanes.FLOATS);
        int k = 0;
        for (; k + Lanes.WORDS <= length; k += Lanes.WORDS) {
            FloatVector x = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, a, aOffset + k));
            sums = x.fma(FloatVector.fromArray(Lanes.FLOATS, b, bOffset + k), sums);
        }
        if (k < length) {
            // Lanes beyond the end keep their value: fma(0, 0, -0) would make +0 of -0.
            VectorMask<Float> inside = Lanes.FLOATS.indexInRange(k, length);
            FloatVector x = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, a, aOffset + k, inside));
            FloatVector y = FloatVector.fromArray(Lanes.FLOATS, b, bOffset + k, inside);
            sums = Lanes.FLOAT.cast(sums).blend(x.fma(y, sums), inside);
        }
        // Lane i takes lane i + 8, then i + 4, i + 2, i + 1; what the upper lanes get does not matter.
        FloatVector eight = Lanes.FLOAT.cast(
                Lanes.FLOAT.cast(sums).add(Lanes.FLOAT.cast(sums).rearrange(FROM_8)));
        FloatVector four = Lanes.FLOAT.cast(eight.add(eight.rearrange(FROM_4)));
        FloatVector two = Lanes.FLOAT.cast(four.add(four.rearrange(FROM_2)));
        return Lanes.FLOAT.cast(two.add(two.rearrange(FROM_1))).lane(0);
    }

    /**
     * The dot product of a row with itself. Norms take it of block after block: without what only a length that is no multiple of
     * sixteen needs, it is small enough to be compiled into their loop in every case.
     */
    static float squares(float[] x, int offset, int length) {
        if (length % Lanes.WORDS != 0) {
            return dot(x, offset, x, offset, length);
        }
        FloatVector sums = FloatVector.zero(Lanes.FLOATS);
        for (int k = 0; k < length; k += Lanes.WORDS) {
            FloatVector a = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, x, offset + k));
            sums = a.fma(a, sums);
        }
        FloatVector eight = Lanes.FLOAT.cast(
                Lanes.FLOAT.cast(sums).add(Lanes.FLOAT.cast(sums).rearrange(FROM_8)));
        FloatVector four = Lanes.FLOAT.cast(eight.add(eight.rearrange(FROM_4)));
        FloatVector two = Lanes.FLOAT.cast(four.add(four.rearrange(FROM_2)));
        return Lanes.FLOAT.cast(two.add(two.rearrange(FROM_1))).lane(0);
    }

    /** The contract's tree for one vector, whose lanes are the accumulators. */
    static float tree(float[] sums, int at) {
        FloatVector all = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, sums, at));
        FloatVector eight = Lanes.FLOAT.cast(all.add(all.rearrange(FROM_8)));
        FloatVector four = Lanes.FLOAT.cast(eight.add(eight.rearrange(FROM_4)));
        FloatVector two = Lanes.FLOAT.cast(four.add(four.rearrange(FROM_2)));
        return Lanes.FLOAT.cast(two.add(two.rearrange(FROM_1))).lane(0);
    }
}
