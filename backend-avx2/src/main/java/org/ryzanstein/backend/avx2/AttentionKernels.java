package org.ryzanstein.backend.avx2;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The loops of {@link Attention}. */
final class AttentionKernels {
    /** Accumulators of a score: element d goes to number d mod 4. */
    static final int ACCUMULATORS = 4;

    private static final int EXPONENT = 0x7f800000;

    private AttentionKernels() {}

    /**
     * Scores of eight neighbouring positions.
     *
     * @param keys shape (dimension, page), from {@code at} on: the first position's first element
     * @param dimension a multiple of four
     */
    static void score(
            float[] keys, int at, int page, float[] q, int qOffset, int dimension, float scale, float[] out, int to) {
        FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int d = 0, k = at; d < dimension; d += ACCUMULATORS, k += ACCUMULATORS * page) {
            s0 = FloatVector.fromArray(Lanes.FLOATS, keys, k).fma(vector(q[qOffset + d]), s0);
            s1 = FloatVector.fromArray(Lanes.FLOATS, keys, k + page).fma(vector(q[qOffset + d + 1]), s1);
            s2 = FloatVector.fromArray(Lanes.FLOATS, keys, k + 2 * page).fma(vector(q[qOffset + d + 2]), s2);
            s3 = FloatVector.fromArray(Lanes.FLOATS, keys, k + 3 * page).fma(vector(q[qOffset + d + 3]), s3);
        }
        s0.add(s1).add(s2.add(s3)).mul(scale).intoArray(out, to);
    }

    /** The same for a few positions of a page that is no vector long, or for any dimension. */
    static void scoreOneByOne(
            float[] keys,
            int at,
            int page,
            float[] q,
            int qOffset,
            int dimension,
            float scale,
            float[] out,
            int to,
            int count) {
        for (int p = 0; p < count; p++) {
            float s0 = everyFourth(keys, at + p, page, q, qOffset, 0, dimension);
            float s1 = everyFourth(keys, at + p, page, q, qOffset, 1, dimension);
            float s2 = everyFourth(keys, at + p, page, q, qOffset, 2, dimension);
            float s3 = everyFourth(keys, at + p, page, q, qOffset, 3, dimension);
            out[to + p] = ((s0 + s1) + (s2 + s3)) * scale;
        }
    }

    private static float everyFourth(float[] keys, int at, int page, float[] q, int qOffset, int first, int dimension) {
        float sum = 0f;
        for (int d = first; d < dimension; d += ACCUMULATORS) {
            sum = Math.fma(q[qOffset + d], keys[at + d * page], sum);
        }
        return sum;
    }

    static float max(float[] scores, int from, int count) {
        FloatVector max = FloatVector.broadcast(Lanes.FLOATS, Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i + Lanes.WORDS <= count; i += Lanes.WORDS) {
            max = max.max(FloatVector.fromArray(Lanes.FLOATS, scores, from + i));
        }
        VectorMask<Float> inside = Lanes.FLOATS.indexInRange(i, count);
        FloatVector last = FloatVector.fromArray(Lanes.FLOATS, scores, from + i, inside);
        return max.max(max.blend(last, inside)).reduceLanes(VectorOperators.MAX);
    }

    static boolean allFinite(float[] scores, int from, int count) {
        IntVector largest = IntVector.zero(Lanes.INTS);
        int i = 0;
        for (; i + Lanes.WORDS <= count; i += Lanes.WORDS) {
            largest = largest.max(exponents(FloatVector.fromArray(Lanes.FLOATS, scores, from + i)));
        }
        VectorMask<Float> inside = Lanes.FLOATS.indexInRange(i, count);
        largest = largest.max(exponents(FloatVector.fromArray(Lanes.FLOATS, scores, from + i, inside)));
        return largest.reduceLanes(VectorOperators.MAX) < EXPONENT;
    }

    private static IntVector exponents(FloatVector x) {
        return x.reinterpretAsInts().and(EXPONENT);
    }

    /** out[i] = scores[from + i] - max; up to seven elements beyond the last are written too. */
    static void subtract(float[] scores, int from, int count, float max, float[] out) {
        for (int i = 0; i < count; i += Lanes.WORDS) {
            FloatVector.fromArray(Lanes.FLOATS, scores, from + i).sub(max).intoArray(out, i);
        }
    }

    /** sums[d] = fma(weight_p, value_p[d], sums[d]) in rising p. */
    static void addWeighted(
            float[] sums, float[] values, int first, int dimension, float[] weights, int from, int count) {
        int d = 0;
        for (; d + 4 * Lanes.WORDS <= dimension; d += 4 * Lanes.WORDS) {
            addFour(sums, d, values, first + d, dimension, weights, from, count);
        }
        for (; d + Lanes.WORDS <= dimension; d += Lanes.WORDS) {
            addOne(sums, d, values, first + d, dimension, weights, from, count);
        }
        for (; d < dimension; d++) {
            float sum = sums[d];
            for (int p = 0, v = first + d; p < count; p++, v += dimension) {
                sum = Math.fma(weights[from + p], values[v], sum);
            }
            sums[d] = sum;
        }
    }

    /** Four vectors of a value's elements. */
    private static void addFour(
            float[] sums, int at, float[] values, int first, int dimension, float[] weights, int from, int count) {
        FloatVector s0 = FloatVector.fromArray(Lanes.FLOATS, sums, at);
        FloatVector s1 = FloatVector.fromArray(Lanes.FLOATS, sums, at + Lanes.WORDS);
        FloatVector s2 = FloatVector.fromArray(Lanes.FLOATS, sums, at + 2 * Lanes.WORDS);
        FloatVector s3 = FloatVector.fromArray(Lanes.FLOATS, sums, at + 3 * Lanes.WORDS);
        for (int p = 0, v = first; p < count; p++, v += dimension) {
            FloatVector weight = vector(weights[from + p]);
            s0 = weight.fma(FloatVector.fromArray(Lanes.FLOATS, values, v), s0);
            s1 = weight.fma(FloatVector.fromArray(Lanes.FLOATS, values, v + Lanes.WORDS), s1);
            s2 = weight.fma(FloatVector.fromArray(Lanes.FLOATS, values, v + 2 * Lanes.WORDS), s2);
            s3 = weight.fma(FloatVector.fromArray(Lanes.FLOATS, values, v + 3 * Lanes.WORDS), s3);
        }
        s0.intoArray(sums, at);
        s1.intoArray(sums, at + Lanes.WORDS);
        s2.intoArray(sums, at + 2 * Lanes.WORDS);
        s3.intoArray(sums, at + 3 * Lanes.WORDS);
    }

    private static void addOne(
            float[] sums, int at, float[] values, int first, int dimension, float[] weights, int from, int count) {
        FloatVector s = FloatVector.fromArray(Lanes.FLOATS, sums, at);
        for (int p = 0, v = first; p < count; p++, v += dimension) {
            s = vector(weights[from + p]).fma(FloatVector.fromArray(Lanes.FLOATS, values, v), s);
        }
        s.intoArray(sums, at);
    }

    /** out[i] = fma(x[i], factor, out[i]). */
    static void addScaled(float[] out, int offset, float[] x, float factor, int length) {
        int i = 0;
        for (; i + Lanes.WORDS <= length; i += Lanes.WORDS) {
            FloatVector sum = FloatVector.fromArray(Lanes.FLOATS, out, offset + i);
            FloatVector.fromArray(Lanes.FLOATS, x, i).fma(vector(factor), sum).intoArray(out, offset + i);
        }
        for (; i < length; i++) {
            out[offset + i] = Math.fma(x[i], factor, out[offset + i]);
        }
    }

    /** x[i] = x[i] * factor. */
    static void scale(float[] x, int offset, float factor, int length) {
        int i = 0;
        for (; i + Lanes.WORDS <= length; i += Lanes.WORDS) {
            FloatVector.fromArray(Lanes.FLOATS, x, offset + i).mul(factor).intoArray(x, offset + i);
        }
        for (; i < length; i++) {
            x[offset + i] *= factor;
        }
    }

    private static FloatVector vector(float value) {
        return FloatVector.broadcast(Lanes.FLOATS, value);
    }
}
