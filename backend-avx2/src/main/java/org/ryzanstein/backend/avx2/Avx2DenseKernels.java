package org.ryzanstein.backend.avx2;

import java.lang.foreign.MemorySegment;
import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.backend.cpu.BlockLayout;
import org.ryzanstein.backend.cpu.DenseKernels;
import org.ryzanstein.backend.cpu.DenseMatrix;

/**
 * Floating-point weights. Two rows of weights go together: the sixteen accumulators of one, two registers, would wait for
 * themselves. Rows that are no multiple of sixteen long, and the odd row, are multiplied by {@link DotProduct}.
 */
final class Avx2DenseKernels implements DenseKernels {
    /** Lanes of the sums that are not yet added up, eight for each product. */
    private final ThreadLocal<float[]> lanes = ThreadLocal.withInitial(() -> new float[4 * Lanes.WORDS]);

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
        int columns = weights.columns();
        int i = 0;
        if (columns % ContractMath.LANES == 0) {
            float[] sums = lanes.get();
            for (; i + 1 < count; i += 2) {
                multiplyTwo(weights, row + i, x, xOffset, sums);
                out[outOffset + i] = DensePairs.sum(sums, 0);
                out[outOffset + i + 1] = DensePairs.sum(sums, Lanes.WORDS);
            }
        }
        for (; i < count; i++) {
            weights.decode(row + i, scratch, 0);
            out[outOffset + i] = DotProduct.dot(x, xOffset, scratch, 0, columns);
        }
    }

    private static void multiplyTwo(DenseMatrix weights, int row, float[] x, int xOffset, float[] sums) {
        long first = weights.at(row);
        long second = weights.at(row + 1);
        int columns = weights.columns();
        switch (weights.format()) {
            case FLOAT32 -> DensePairs.float32(weights.memory(), first, second, x, xOffset, columns, sums);
            case FLOAT16 -> DensePairs.float16(weights.memory(), first, second, x, xOffset, columns, sums);
            case BFLOAT16 -> DensePairs.bfloat16(weights.memory(), first, second, x, xOffset, columns, sums);
        }
    }

    @Override
    public void multiplyMany(
            float[] weights, int rows, int columns, float[] x, int xOffset, int xStride, int inputs, float[] out) {
        boolean whole = columns % ContractMath.LANES == 0;
        float[] sums = lanes.get();
        for (int row = 0; row < rows; row += 2) {
            for (int input = 0; input < inputs; input += 2) {
                if (whole && row + 1 < rows && input + 1 < inputs) {
                    int at = xOffset + input * xStride;
                    DensePairs.twoByTwo(weights, row * columns, columns, x, at, xStride, sums);
                    out[input * ROWS + row] = DensePairs.sum(sums, 0);
                    out[input * ROWS + row + 1] = DensePairs.sum(sums, Lanes.WORDS);
                    out[(input + 1) * ROWS + row] = DensePairs.sum(sums, 2 * Lanes.WORDS);
                    out[(input + 1) * ROWS + row + 1] = DensePairs.sum(sums, 3 * Lanes.WORDS);
                } else {
                    multiplySingly(weights, row, rows, columns, x, xOffset, xStride, input, inputs, out);
                }
            }
        }
    }

    @Override
    public void scan(MemorySegment weights, long at, long stride, int columns, int[] x, float[] out) {
        int half = STREAMS / 2;
        HeadStreams.sum(weights, at, stride, columns, x, out, 0);
        HeadStreams.sum(weights, at + half * stride, stride, columns, x, out, half * BlockLayout.ROWS);
    }

    /** Up to two rows of weights and of activations. */
    private static void multiplySingly(
            float[] weights,
            int firstRow,
            int rows,
            int columns,
            float[] x,
            int xOffset,
            int xStride,
            int firstInput,
            int inputs,
            float[] out) {
        for (int input = firstInput; input < Math.min(firstInput + 2, inputs); input++) {
            for (int row = firstRow; row < Math.min(firstRow + 2, rows); row++) {
                out[input * ROWS + row] = DotProduct.dot(x, xOffset + input * xStride, weights, row * columns, columns);
            }
        }
    }
}
