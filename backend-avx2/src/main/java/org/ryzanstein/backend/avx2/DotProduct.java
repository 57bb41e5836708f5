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
            first = load(a, aOffset + k).fma(load(b, bOffset + k), first);
            second = load(a, aOffset + k + Lanes.WORDS).fma(load(b, bOffset + k + Lanes.WORDS), second);
        }
        if (k < length) {
            first = addTail(first, a, aOffset + k, b, bOffset + k, length - k);
            second = addTail(
                    second, a, aOffset + k + Lanes.WORDS, b, bOffset + k + Lanes.WORDS, length - k - Lanes.WORDS);
        }
        return tree(first.add(second));
    }

    private static FloatVector load(float[] array, int at) {
        return FloatVector.fromArray(Lanes.FLOATS, array, at);
    }

    /** Lanes from {@code count} on keep their value: fma(0, 0, -0) would make +0 of -0. */
    private static FloatVector addTail(FloatVector sums, float[] a, int aAt, float[] b, int bAt, int count) {
        if (count <= 0) {
            return sums;
        }
        VectorMask<Float> inside = Lanes.FLOATS.indexInRange(0, count);
        FloatVector x = FloatVector.fromArray(Lanes.FLOATS, a, aAt, inside);
        FloatVector y = FloatVector.fromArray(Lanes.FLOATS, b, bAt, inside);
        return sums.blend(x.fma(y, sums), inside);
    }

    /** Lane i takes lane i + 4, then i + 2, i + 1; what the upper lanes get does not matter. */
    private static float tree(FloatVector eight) {
        FloatVector four = eight.add(eight.rearrange(FROM_4));
        FloatVector two = four.add(four.rearrange(FROM_2));
        return two.add(two.rearrange(FROM_1)).lane(0);
    }
}
