package org.ryzanstein.backend.cpu;

import org.jspecify.annotations.Nullable;

/** The product of a {@link DenseMatrix}. */
final class DenseProduct implements LinearMatrix.Product {
    private static final int ROWS = DenseKernels.ROWS;
    /** Rows of activations that a kernel takes at once. */
    private static final int INPUTS = 4;

    /** Those of the rows that are multiplied together. */
    private static final int ACCUMULATORS = 64;

    private final DenseMatrix weights;
    private final HostBuffer in;
    private final LinearScratch scratch;
    private final DenseKernels kernels;

    DenseProduct(DenseMatrix weights, HostBuffer in, LinearScratch scratch) {
        this.weights = weights;
        this.in = in;
        this.scratch = scratch;
        this.kernels = scratch.kernels().dense();
        scratch.reserveDecoded(Math.max(ACCUMULATORS, Math.multiplyExact(ROWS, weights.columns())));
    }

    @Override
    public @Nullable Object inputForm() {
        return null;
    }

    @Override
    public boolean prepare(int row, int rows) {
        return true;
    }

    @Override
    public void multiply(int rows, int from, int to, int member, LinearMatrix.Output out) {
        float[] decoded = scratch.decoded(member);
        for (int row = from; row < to; row += ROWS) {
            int count = Math.min(ROWS, to - row);
            if (rows <= DenseKernels.FEW) {
                for (int i = 0; i < rows; i++) {
                    kernels.multiplyOne(
                            weights, row, count, in.floats(), in.row(i), decoded, out.values(i), out.first(i) + row);
                }
            } else {
                multiplyMany(rows, row, count, decoded, scratch.block(member).products(), out);
            }
        }
    }

    private void multiplyMany(
            int rows, int row, int count, float[] decoded, float[] products, LinearMatrix.Output out) {
        int columns = weights.columns();
        for (int i = 0; i < count; i++) {
            weights.decode(row + i, decoded, i * columns);
        }
        for (int input = 0; input < rows; input += INPUTS) {
            int inputs = Math.min(INPUTS, rows - input);
            kernels.multiplyMany(decoded, count, columns, in.floats(), in.row(input), in.stride(), inputs, products);
            for (int i = 0; i < inputs; i++) {
                System.arraycopy(products, i * ROWS, out.values(input + i), out.first(input + i) + row, count);
            }
        }
    }
}
