package org.ryzanstein.backend.cpu;

import org.ryzanstein.api.numerics.ContractMath;

/** {@link DenseKernels} by one dot product after the other. */
public final class PlainDenseKernels implements DenseKernels {
    public PlainDenseKernels() {}

    @Override
    public void multiplyOne(
            DenseMatrix weights,
            int row,
            int count,
            float[] x,
            int xOffset,
            float[] scratch,
            float[] out,
            int outOffset) {
        for (int i = 0; i < count; i++) {
            weights.decode(row + i, scratch, 0);
            out[outOffset + i] = ContractMath.dot(x, xOffset, scratch, 0, weights.columns());
        }
    }

    @Override
    public void multiplyMany(
            float[] weights, int rows, int columns, float[] x, int xOffset, int xStride, int inputs, float[] out) {
        for (int input = 0; input < inputs; input++) {
            for (int row = 0; row < rows; row++) {
                out[input * ROWS + row] =
                        ContractMath.dot(x, xOffset + input * xStride, weights, row * columns, columns);
            }
        }
    }
}
