package org.ryzanstein.backend.cpu;

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
}
