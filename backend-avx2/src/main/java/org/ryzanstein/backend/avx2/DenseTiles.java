package org.ryzanstein.backend.avx2;

import jdk.incubator.vector.FloatVector;
import org.ryzanstein.api.numerics.ContractMath;

/** Decoded floating-point weights by rows of activations: four products at a time, the accumulators of each in two vectors. */
final class DenseTiles {
    /** Rows of weights and of activations that go together. */
    static final int SIDE = 2;

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
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        for (int k = 0; k < columns; k += ContractMath.LANES) {
            FloatVector w = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, weights, at + k));
            FloatVector v = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, weights, at + columns + k));
            FloatVector p = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k);
            FloatVector q = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + xStride + k);
            a0 = w.fma(p, a0);
            b0 = v.fma(p, b0);
            c0 = w.fma(q, c0);
            d0 = v.fma(q, d0);
            w = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, weights, at + k + Lanes.WORDS));
            v = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, weights, at + columns + k + Lanes.WORDS));
            p = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + k + Lanes.WORDS);
            q = FloatVector.fromArray(Lanes.FLOATS, x, xOffset + xStride + k + Lanes.WORDS);
            a1 = w.fma(p, a1);
            b1 = v.fma(p, b1);
            c1 = w.fma(q, c1);
            d1 = v.fma(q, d1);
        }
        Lanes.FLOAT.cast(Lanes.FLOAT.cast(a0).add(a1)).intoArray(sums, to);
        Lanes.FLOAT.cast(Lanes.FLOAT.cast(b0).add(b1)).intoArray(sums, to + Lanes.WORDS);
        Lanes.FLOAT.cast(Lanes.FLOAT.cast(c0).add(c1)).intoArray(sums, to + 2 * Lanes.WORDS);
        Lanes.FLOAT.cast(Lanes.FLOAT.cast(d0).add(d1)).intoArray(sums, to + 3 * Lanes.WORDS);
    }
}
