package org.ryzanstein.backend.__isa__;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.ryzanstein.backend.cpu.AttentionLoops;

/** Attention's loops, a vector of positions or elements at a time. */
final class AttentionVectors implements AttentionLoops {
    private static final int EXPONENT = 0x7f800000;

    /** What loops with sixteen sums need: these, and what is multiplied. */
    private static final int REGISTERS_OF_SIXTEEN = 21;

    @Override
    public int lanes() {
        return Lanes.WORDS;
    }

    @Override
    public boolean takesFour() {
        return Lanes.REGISTERS >= REGISTERS_OF_SIXTEEN;
    }

    @Override
    public void scoreFour(
            float[] keys,
            int at,
            int page,
            int positions,
            float[] q,
            int first,
            int second,
            int third,
            int fourth,
            int dimension,
            float scale,
            float[] scores,
            int to,
            int stride) {
        for (int p = 0; p < positions; p += Lanes.WORDS) {
            scoreFourQueries(
                    keys, at + p, page, q, first, second, third, fourth, dimension, scale, scores, to + p, stride);
        }
    }

    private static void scoreFourQueries(
            float[] keys,
            int at,
            int page,
            float[] q,
            int first,
            int second,
            int third,
            int fourth,
            int dimension,
            float scale,
            float[] scores,
            int to,
            int stride) {
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
        for (int d = 0, k = at; d < dimension; d += ACCUMULATORS, k += ACCUMULATORS * page) {
            FloatVector key = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k));
            a0 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[first + d]), a0);
            b0 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[second + d]), b0);
            c0 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[third + d]), c0);
            d0 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[fourth + d]), d0);
            key = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k + page));
            a1 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[first + d + 1]), a1);
            b1 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[second + d + 1]), b1);
            c1 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[third + d + 1]), c1);
            d1 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[fourth + d + 1]), d1);
            key = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k + 2 * page));
            a2 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[first + d + 2]), a2);
            b2 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[second + d + 2]), b2);
            c2 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[third + d + 2]), c2);
            d2 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[fourth + d + 2]), d2);
            key = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k + 3 * page));
            a3 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[first + d + 3]), a3);
            b3 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[second + d + 3]), b3);
            c3 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[third + d + 3]), c3);
            d3 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[fourth + d + 3]), d3);
        }
        FloatVector a = Lanes.FLOAT.cast(Lanes.FLOAT.cast(a0).add(a1));
        a = Lanes.FLOAT.cast(a.add(Lanes.FLOAT.cast(a2).add(a3)));
        Lanes.FLOAT.cast(a.mul(scale)).intoArray(scores, to);
        FloatVector b = Lanes.FLOAT.cast(Lanes.FLOAT.cast(b0).add(b1));
        b = Lanes.FLOAT.cast(b.add(Lanes.FLOAT.cast(b2).add(b3)));
        Lanes.FLOAT.cast(b.mul(scale)).intoArray(scores, to + stride);
        FloatVector c = Lanes.FLOAT.cast(Lanes.FLOAT.cast(c0).add(c1));
        c = Lanes.FLOAT.cast(c.add(Lanes.FLOAT.cast(c2).add(c3)));
        Lanes.FLOAT.cast(c.mul(scale)).intoArray(scores, to + 2 * stride);
        FloatVector d = Lanes.FLOAT.cast(Lanes.FLOAT.cast(d0).add(d1));
        d = Lanes.FLOAT.cast(d.add(Lanes.FLOAT.cast(d2).add(d3)));
        Lanes.FLOAT.cast(d.mul(scale)).intoArray(scores, to + 3 * stride);
    }

    @Override
    public void scoreTwo(
            float[] keys,
            int at,
            int page,
            int positions,
            float[] q,
            int first,
            int second,
            int dimension,
            float scale,
            float[] scores,
            int to,
            int stride) {
        int p = 0;
        if (Lanes.REGISTERS >= REGISTERS_OF_SIXTEEN) {
            for (; p + Lanes.WORDS < positions; p += 2 * Lanes.WORDS) {
                scoreTwoVectors(keys, at + p, page, q, first, second, dimension, scale, scores, to + p, stride);
            }
        }
        for (; p < positions; p += Lanes.WORDS) {
            scoreVector(keys, at + p, page, q, first, second, dimension, scale, scores, to + p, stride);
        }
    }

    private static void scoreTwoVectors(
            float[] keys,
            int at,
            int page,
            float[] q,
            int first,
            int second,
            int dimension,
            float scale,
            float[] scores,
            int to,
            int stride) {
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
        for (int d = 0, k = at; d < dimension; d += ACCUMULATORS, k += ACCUMULATORS * page) {
            FloatVector x = FloatVector.broadcast(Lanes.FLOATS, q[first + d]);
            FloatVector y = FloatVector.broadcast(Lanes.FLOATS, q[second + d]);
            FloatVector low = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k));
            FloatVector high = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k + Lanes.WORDS));
            a0 = low.fma(x, a0);
            b0 = high.fma(x, b0);
            c0 = low.fma(y, c0);
            d0 = high.fma(y, d0);
            x = FloatVector.broadcast(Lanes.FLOATS, q[first + d + 1]);
            y = FloatVector.broadcast(Lanes.FLOATS, q[second + d + 1]);
            low = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k + page));
            high = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k + page + Lanes.WORDS));
            a1 = low.fma(x, a1);
            b1 = high.fma(x, b1);
            c1 = low.fma(y, c1);
            d1 = high.fma(y, d1);
            x = FloatVector.broadcast(Lanes.FLOATS, q[first + d + 2]);
            y = FloatVector.broadcast(Lanes.FLOATS, q[second + d + 2]);
            low = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k + 2 * page));
            high = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k + 2 * page + Lanes.WORDS));
            a2 = low.fma(x, a2);
            b2 = high.fma(x, b2);
            c2 = low.fma(y, c2);
            d2 = high.fma(y, d2);
            x = FloatVector.broadcast(Lanes.FLOATS, q[first + d + 3]);
            y = FloatVector.broadcast(Lanes.FLOATS, q[second + d + 3]);
            low = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k + 3 * page));
            high = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k + 3 * page + Lanes.WORDS));
            a3 = low.fma(x, a3);
            b3 = high.fma(x, b3);
            c3 = low.fma(y, c3);
            d3 = high.fma(y, d3);
        }
        FloatVector a = Lanes.FLOAT.cast(Lanes.FLOAT.cast(a0).add(a1));
        a = Lanes.FLOAT.cast(a.add(Lanes.FLOAT.cast(a2).add(a3)));
        Lanes.FLOAT.cast(a.mul(scale)).intoArray(scores, to);
        FloatVector b = Lanes.FLOAT.cast(Lanes.FLOAT.cast(b0).add(b1));
        b = Lanes.FLOAT.cast(b.add(Lanes.FLOAT.cast(b2).add(b3)));
        Lanes.FLOAT.cast(b.mul(scale)).intoArray(scores, to + Lanes.WORDS);
        FloatVector c = Lanes.FLOAT.cast(Lanes.FLOAT.cast(c0).add(c1));
        c = Lanes.FLOAT.cast(c.add(Lanes.FLOAT.cast(c2).add(c3)));
        Lanes.FLOAT.cast(c.mul(scale)).intoArray(scores, to + stride);
        FloatVector d = Lanes.FLOAT.cast(Lanes.FLOAT.cast(d0).add(d1));
        d = Lanes.FLOAT.cast(d.add(Lanes.FLOAT.cast(d2).add(d3)));
        Lanes.FLOAT.cast(d.mul(scale)).intoArray(scores, to + stride + Lanes.WORDS);
    }

    private static void scoreVector(
            float[] keys,
            int at,
            int page,
            float[] q,
            int first,
            int second,
            int dimension,
            float scale,
            float[] scores,
            int to,
            int stride) {
        FloatVector a0 = FloatVector.zero(Lanes.FLOATS);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector b2 = a0;
        FloatVector b3 = a0;
        for (int d = 0, k = at; d < dimension; d += ACCUMULATORS, k += ACCUMULATORS * page) {
            FloatVector key = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k));
            a0 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[first + d]), a0);
            b0 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[second + d]), b0);
            key = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k + page));
            a1 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[first + d + 1]), a1);
            b1 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[second + d + 1]), b1);
            key = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k + 2 * page));
            a2 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[first + d + 2]), a2);
            b2 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[second + d + 2]), b2);
            key = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, keys, k + 3 * page));
            a3 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[first + d + 3]), a3);
            b3 = key.fma(FloatVector.broadcast(Lanes.FLOATS, q[second + d + 3]), b3);
        }
        FloatVector a = Lanes.FLOAT.cast(Lanes.FLOAT.cast(a0).add(a1));
        a = Lanes.FLOAT.cast(a.add(Lanes.FLOAT.cast(a2).add(a3)));
        Lanes.FLOAT.cast(a.mul(scale)).intoArray(scores, to);
        FloatVector b = Lanes.FLOAT.cast(Lanes.FLOAT.cast(b0).add(b1));
        b = Lanes.FLOAT.cast(b.add(Lanes.FLOAT.cast(b2).add(b3)));
        Lanes.FLOAT.cast(b.mul(scale)).intoArray(scores, to + stride);
    }

    @Override
    public float max(float[] scores, int from, int count) {
        int end = from + Math.ceilDiv(count, Lanes.WORDS) * Lanes.WORDS;
        for (int i = from + count; i < end; i++) {
            scores[i] = scores[from];
        }
        FloatVector max = FloatVector.fromArray(Lanes.FLOATS, scores, from);
        IntVector exponents = IntVector.zero(Lanes.INTS);
        for (int i = from; i < end; i += Lanes.WORDS) {
            FloatVector score = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, scores, i));
            max = Lanes.FLOAT.cast(max).max(score);
            exponents = Lanes.INT
                    .cast(exponents)
                    .max(Lanes.INT.cast(score.reinterpretAsInts()).and(EXPONENT));
        }
        boolean finite = Lanes.INT.cast(exponents).reduceLanes(VectorOperators.MAX) < EXPONENT;
        return finite ? Lanes.FLOAT.cast(max).reduceLanes(VectorOperators.MAX) : Float.NaN;
    }

    @Override
    public void exp(float[] x, int from, int count, float max) {
        Exponential.applyTo(x, from, count, max);
    }

    @Override
    public void addFour(
            float[] values,
            int first,
            int dimension,
            int count,
            float[] weights,
            int from,
            int weightStride,
            float[] sums,
            int to) {
        int d = 0;
        for (; d + 4 * Lanes.WORDS <= dimension; d += 4 * Lanes.WORDS) {
            addFourByFour(values, first + d, dimension, count, weights, from, weightStride, sums, to + d);
        }
        if (d < dimension) {
            for (int i = 0; i < 4; i++) {
                addColumns(
                        values, first, d, dimension, count, weights, from + i * weightStride, sums, to + i * dimension);
            }
        }
    }

    /** Four vectors of a value's elements, for four queries. */
    private static void addFourByFour(
            float[] values,
            int first,
            int dimension,
            int count,
            float[] weights,
            int from,
            int weightStride,
            float[] sums,
            int to) {
        int second = to + dimension;
        int third = second + dimension;
        int fourth = third + dimension;
        FloatVector a0 = FloatVector.fromArray(Lanes.FLOATS, sums, to);
        FloatVector a1 = FloatVector.fromArray(Lanes.FLOATS, sums, to + Lanes.WORDS);
        FloatVector a2 = FloatVector.fromArray(Lanes.FLOATS, sums, to + 2 * Lanes.WORDS);
        FloatVector a3 = FloatVector.fromArray(Lanes.FLOATS, sums, to + 3 * Lanes.WORDS);
        FloatVector b0 = FloatVector.fromArray(Lanes.FLOATS, sums, second);
        FloatVector b1 = FloatVector.fromArray(Lanes.FLOATS, sums, second + Lanes.WORDS);
        FloatVector b2 = FloatVector.fromArray(Lanes.FLOATS, sums, second + 2 * Lanes.WORDS);
        FloatVector b3 = FloatVector.fromArray(Lanes.FLOATS, sums, second + 3 * Lanes.WORDS);
        FloatVector c0 = FloatVector.fromArray(Lanes.FLOATS, sums, third);
        FloatVector c1 = FloatVector.fromArray(Lanes.FLOATS, sums, third + Lanes.WORDS);
        FloatVector c2 = FloatVector.fromArray(Lanes.FLOATS, sums, third + 2 * Lanes.WORDS);
        FloatVector c3 = FloatVector.fromArray(Lanes.FLOATS, sums, third + 3 * Lanes.WORDS);
        FloatVector d0 = FloatVector.fromArray(Lanes.FLOATS, sums, fourth);
        FloatVector d1 = FloatVector.fromArray(Lanes.FLOATS, sums, fourth + Lanes.WORDS);
        FloatVector d2 = FloatVector.fromArray(Lanes.FLOATS, sums, fourth + 2 * Lanes.WORDS);
        FloatVector d3 = FloatVector.fromArray(Lanes.FLOATS, sums, fourth + 3 * Lanes.WORDS);
        for (int p = from, v = first; p < from + count; p++, v += dimension) {
            FloatVector x = FloatVector.broadcast(Lanes.FLOATS, weights[p]);
            FloatVector y = FloatVector.broadcast(Lanes.FLOATS, weights[p + weightStride]);
            FloatVector z = FloatVector.broadcast(Lanes.FLOATS, weights[p + 2 * weightStride]);
            FloatVector w = FloatVector.broadcast(Lanes.FLOATS, weights[p + 3 * weightStride]);
            FloatVector value = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, values, v));
            a0 = value.fma(x, a0);
            b0 = value.fma(y, b0);
            c0 = value.fma(z, c0);
            d0 = value.fma(w, d0);
            value = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, values, v + Lanes.WORDS));
            a1 = value.fma(x, a1);
            b1 = value.fma(y, b1);
            c1 = value.fma(z, c1);
            d1 = value.fma(w, d1);
            value = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, values, v + 2 * Lanes.WORDS));
            a2 = value.fma(x, a2);
            b2 = value.fma(y, b2);
            c2 = value.fma(z, c2);
            d2 = value.fma(w, d2);
            value = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, values, v + 3 * Lanes.WORDS));
            a3 = value.fma(x, a3);
            b3 = value.fma(y, b3);
            c3 = value.fma(z, c3);
            d3 = value.fma(w, d3);
        }
        Lanes.FLOAT.cast(a0).intoArray(sums, to);
        Lanes.FLOAT.cast(a1).intoArray(sums, to + Lanes.WORDS);
        Lanes.FLOAT.cast(a2).intoArray(sums, to + 2 * Lanes.WORDS);
        Lanes.FLOAT.cast(a3).intoArray(sums, to + 3 * Lanes.WORDS);
        Lanes.FLOAT.cast(b0).intoArray(sums, second);
        Lanes.FLOAT.cast(b1).intoArray(sums, second + Lanes.WORDS);
        Lanes.FLOAT.cast(b2).intoArray(sums, second + 2 * Lanes.WORDS);
        Lanes.FLOAT.cast(b3).intoArray(sums, second + 3 * Lanes.WORDS);
        Lanes.FLOAT.cast(c0).intoArray(sums, third);
        Lanes.FLOAT.cast(c1).intoArray(sums, third + Lanes.WORDS);
        Lanes.FLOAT.cast(c2).intoArray(sums, third + 2 * Lanes.WORDS);
        Lanes.FLOAT.cast(c3).intoArray(sums, third + 3 * Lanes.WORDS);
        Lanes.FLOAT.cast(d0).intoArray(sums, fourth);
        Lanes.FLOAT.cast(d1).intoArray(sums, fourth + Lanes.WORDS);
        Lanes.FLOAT.cast(d2).intoArray(sums, fourth + 2 * Lanes.WORDS);
        Lanes.FLOAT.cast(d3).intoArray(sums, fourth + 3 * Lanes.WORDS);
    }

    @Override
    public void addTwo(
            float[] values,
            int first,
            int dimension,
            int count,
            float[] weights,
            int from,
            int weightStride,
            float[] sums,
            int to) {
        int d = 0;
        for (; d + 4 * Lanes.WORDS <= dimension; d += 4 * Lanes.WORDS) {
            addTwoByFour(values, first + d, dimension, count, weights, from, weightStride, sums, to + d);
        }
        if (d < dimension) {
            addColumns(values, first, d, dimension, count, weights, from, sums, to);
            addColumns(values, first, d, dimension, count, weights, from + weightStride, sums, to + dimension);
        }
    }

    /** Four vectors of a value's elements, for two queries. */
    private static void addTwoByFour(
            float[] values,
            int first,
            int dimension,
            int count,
            float[] weights,
            int from,
            int weightStride,
            float[] sums,
            int to) {
        int other = to + dimension;
        FloatVector a0 = FloatVector.fromArray(Lanes.FLOATS, sums, to);
        FloatVector a1 = FloatVector.fromArray(Lanes.FLOATS, sums, to + Lanes.WORDS);
        FloatVector a2 = FloatVector.fromArray(Lanes.FLOATS, sums, to + 2 * Lanes.WORDS);
        FloatVector a3 = FloatVector.fromArray(Lanes.FLOATS, sums, to + 3 * Lanes.WORDS);
        FloatVector b0 = FloatVector.fromArray(Lanes.FLOATS, sums, other);
        FloatVector b1 = FloatVector.fromArray(Lanes.FLOATS, sums, other + Lanes.WORDS);
        FloatVector b2 = FloatVector.fromArray(Lanes.FLOATS, sums, other + 2 * Lanes.WORDS);
        FloatVector b3 = FloatVector.fromArray(Lanes.FLOATS, sums, other + 3 * Lanes.WORDS);
        for (int p = from, v = first; p < from + count; p++, v += dimension) {
            FloatVector x = FloatVector.broadcast(Lanes.FLOATS, weights[p]);
            FloatVector y = FloatVector.broadcast(Lanes.FLOATS, weights[p + weightStride]);
            FloatVector value = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, values, v));
            a0 = value.fma(x, a0);
            b0 = value.fma(y, b0);
            value = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, values, v + Lanes.WORDS));
            a1 = value.fma(x, a1);
            b1 = value.fma(y, b1);
            value = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, values, v + 2 * Lanes.WORDS));
            a2 = value.fma(x, a2);
            b2 = value.fma(y, b2);
            value = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, values, v + 3 * Lanes.WORDS));
            a3 = value.fma(x, a3);
            b3 = value.fma(y, b3);
        }
        Lanes.FLOAT.cast(a0).intoArray(sums, to);
        Lanes.FLOAT.cast(a1).intoArray(sums, to + Lanes.WORDS);
        Lanes.FLOAT.cast(a2).intoArray(sums, to + 2 * Lanes.WORDS);
        Lanes.FLOAT.cast(a3).intoArray(sums, to + 3 * Lanes.WORDS);
        Lanes.FLOAT.cast(b0).intoArray(sums, other);
        Lanes.FLOAT.cast(b1).intoArray(sums, other + Lanes.WORDS);
        Lanes.FLOAT.cast(b2).intoArray(sums, other + 2 * Lanes.WORDS);
        Lanes.FLOAT.cast(b3).intoArray(sums, other + 3 * Lanes.WORDS);
    }

    @Override
    public void addOne(
            float[] values, int first, int dimension, int count, float[] weights, int from, float[] sums, int to) {
        addColumns(values, first, 0, dimension, count, weights, from, sums, to);
    }

    /** The elements from {@code column} on, for one query. */
    private static void addColumns(
            float[] values,
            int first,
            int column,
            int dimension,
            int count,
            float[] weights,
            int from,
            float[] sums,
            int to) {
        int d = column;
        for (; d + 2 * Lanes.WORDS <= dimension; d += 2 * Lanes.WORDS) {
            FloatVector a = FloatVector.fromArray(Lanes.FLOATS, sums, to + d);
            FloatVector b = FloatVector.fromArray(Lanes.FLOATS, sums, to + d + Lanes.WORDS);
            for (int p = from, v = first + d; p < from + count; p++, v += dimension) {
                FloatVector weight = Lanes.FLOAT.cast(FloatVector.broadcast(Lanes.FLOATS, weights[p]));
                a = weight.fma(FloatVector.fromArray(Lanes.FLOATS, values, v), a);
                b = weight.fma(FloatVector.fromArray(Lanes.FLOATS, values, v + Lanes.WORDS), b);
            }
            Lanes.FLOAT.cast(a).intoArray(sums, to + d);
            Lanes.FLOAT.cast(b).intoArray(sums, to + d + Lanes.WORDS);
        }
        for (; d + Lanes.WORDS <= dimension; d += Lanes.WORDS) {
            FloatVector a = FloatVector.fromArray(Lanes.FLOATS, sums, to + d);
            for (int p = from, v = first + d; p < from + count; p++, v += dimension) {
                a = Lanes.FLOAT
                        .cast(FloatVector.fromArray(Lanes.FLOATS, values, v))
                        .fma(FloatVector.broadcast(Lanes.FLOATS, weights[p]), a);
            }
            Lanes.FLOAT.cast(a).intoArray(sums, to + d);
        }
        for (; d < dimension; d++) {
            float sum = sums[to + d];
            for (int p = from, v = first + d; p < from + count; p++, v += dimension) {
                sum = Math.fma(weights[p], values[v], sum);
            }
            sums[to + d] = sum;
        }
    }
}
