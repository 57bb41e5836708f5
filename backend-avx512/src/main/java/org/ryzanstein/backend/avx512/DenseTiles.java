package org.ryzanstein.backend.avx512;

import jdk.incubator.vector.FloatVector;

/** Decoded floating-point weights by rows of activations: sixteen products at a time, the accumulators of each in one vector. */
final class DenseTiles {
    /** Rows of weights and of activations that go together. */
    static final int SIDE = 4;

    private DenseTiles() {}

    /**
     * Makes the accumulators of a tile.
     *
     * @param at of the first row of weights; the others follow each other
     * @param columns floats from one row of weights to the next, a multiple of sixteen
     * @param xStride floats from one row of activations to the next
     * @param sums receives for each (row of activations, row of weights) a vector for {@link DotProduct#tree}, from {@code to} on
     */
    static void multiply(
            float[] weights, int at, int columns, float[] x, int xOffset, int xStride, float[] sums, int to) {
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
            FloatVector w0 = FloatVector.fromArray(Lanes.FLOATS, weights, at + k);
            FloatVector w1 = FloatVector.fromArray(Lanes.FLOATS, weights, at + columns + k);
            FloatVector w2 = FloatVector.fromArray(Lanes.FLOATS, weights, at + 2 * columns + k);
            FloatVector w3 = FloatVector.fromArray(Lanes.FLOATS, weights, at + 3 * columns + k);
            FloatVector v = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k));
            a0 = v.fma(w0, a0);
            a1 = v.fma(w1, a1);
            a2 = v.fma(w2, a2);
            a3 = v.fma(w3, a3);
            v = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, x, xOffset + xStride + k));
            b0 = v.fma(w0, b0);
            b1 = v.fma(w1, b1);
            b2 = v.fma(w2, b2);
            b3 = v.fma(w3, b3);
            v = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, x, xOffset + 2 * xStride + k));
            c0 = v.fma(w0, c0);
            c1 = v.fma(w1, c1);
            c2 = v.fma(w2, c2);
            c3 = v.fma(w3, c3);
            v = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, x, xOffset + 3 * xStride + k));
            d0 = v.fma(w0, d0);
            d1 = v.fma(w1, d1);
            d2 = v.fma(w2, d2);
            d3 = v.fma(w3, d3);
        }
        Lanes.FLOAT.cast(a0).intoArray(sums, to);
        Lanes.FLOAT.cast(a1).intoArray(sums, to + Lanes.WORDS);
        Lanes.FLOAT.cast(a2).intoArray(sums, to + 2 * Lanes.WORDS);
        Lanes.FLOAT.cast(a3).intoArray(sums, to + 3 * Lanes.WORDS);
        Lanes.FLOAT.cast(b0).intoArray(sums, to + 4 * Lanes.WORDS);
        Lanes.FLOAT.cast(b1).intoArray(sums, to + 5 * Lanes.WORDS);
        Lanes.FLOAT.cast(b2).intoArray(sums, to + 6 * Lanes.WORDS);
        Lanes.FLOAT.cast(b3).intoArray(sums, to + 7 * Lanes.WORDS);
        Lanes.FLOAT.cast(c0).intoArray(sums, to + 8 * Lanes.WORDS);
        Lanes.FLOAT.cast(c1).intoArray(sums, to + 9 * Lanes.WORDS);
        Lanes.FLOAT.cast(c2).intoArray(sums, to + 10 * Lanes.WORDS);
        Lanes.FLOAT.cast(c3).intoArray(sums, to + 11 * Lanes.WORDS);
        Lanes.FLOAT.cast(d0).intoArray(sums, to + 12 * Lanes.WORDS);
        Lanes.FLOAT.cast(d1).intoArray(sums, to + 13 * Lanes.WORDS);
        Lanes.FLOAT.cast(d2).intoArray(sums, to + 14 * Lanes.WORDS);
        Lanes.FLOAT.cast(d3).intoArray(sums, to + 15 * Lanes.WORDS);
    }
}
