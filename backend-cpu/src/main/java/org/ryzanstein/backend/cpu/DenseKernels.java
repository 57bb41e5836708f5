package org.ryzanstein.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Products of floating-point weights: for each row of weights and of activations the dot product with 16 accumulators and their
 * tree, as {@link org.ryzanstein.api.numerics.ContractMath#dot}.
 */
public interface DenseKernels {
    /** Rows of weights that are decoded together for {@link #multiplyMany}. */
    int ROWS = 4;

    /** Products that {@link #multiplyMany} makes at most. */
    int PRODUCTS = 16;

    /** So many rows of activations are not worth decoding weights for. */
    int FEW = 3;

    /**
     * Multiplies neighbouring rows of weights with one row of activations.
     *
     * @param scratch room for {@value #ROWS} rows of weights, and for 64 floats at least
     */
    void multiplyOne(
            DenseMatrix weights,
            int row,
            int count,
            float[] x,
            int xOffset,
            float[] scratch,
            float[] out,
            int outOffset);

    /**
     * Multiplies decoded rows of weights with one row of activations or with four.
     *
     * @param weights up to {@value #ROWS} rows, {@code columns} apart
     * @param rows of weights
     * @param xStride from one row of activations to the next
     * @param inputs rows of activations, at most four
     * @param out receives (inputs, {@value #ROWS}) products; behind the first {@value #PRODUCTS} elements there is room for
     *     sixteen accumulators of each
     */
    void multiplyMany(
            float[] weights, int rows, int columns, float[] x, int xOffset, int xStride, int inputs, float[] out);

    /** Groups of {@link #scan}. */
    int STREAMS = 4;

    /**
     * For four groups of 32 rows of int8 weights, each in (column, row) order, the sums of weight * x, each by fma in any order: an
     * approximation. The groups are read side by side, each a stream that the processor follows by itself.
     *
     * @param at where the first group begins
     * @param stride bytes from one group to the next
     * @param columns an even number
     * @param x the bits of floats
     * @param out receives the sums, shape ({@value #STREAMS}, 32)
     */
    default void scan(MemorySegment weights, long at, long stride, int columns, int[] x, float[] out) {
        Arrays.fill(out, 0, STREAMS * BlockLayout.ROWS, 0f);
        for (int stream = 0; stream < STREAMS; stream++) {
            for (int k = 0; k < columns; k++) {
                float value = Float.intBitsToFloat(x[k]);
                long row = at + stream * stride + (long) k * BlockLayout.ROWS;
                int to = stream * BlockLayout.ROWS;
                for (int i = 0; i < BlockLayout.ROWS; i++) {
                    out[to + i] = Math.fma(value, weights.get(ValueLayout.JAVA_BYTE, row + i), out[to + i]);
                }
            }
        }
    }
}
