package org.ryzanstein.backend.__isa__;

import java.lang.foreign.MemorySegment;
import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.backend.cpu.BlockLayout;
import org.ryzanstein.backend.cpu.DenseKernels;
import org.ryzanstein.backend.cpu.DenseMatrix;

/**
 * Floating-point weights, converted in registers for few rows of activations. Several rows of weights go together: the sums of one
 * would wait for themselves. Rows that are no multiple of sixteen long, and rows that are left over, are multiplied by
 * {@link DotProduct}.
 */
final class VectorDenseKernels implements DenseKernels {
    private static final int SIDE = DenseTiles.SIDE;

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
            for (; i + DenseRows.ROWS <= count; i += DenseRows.ROWS) {
                accumulate(weights, row + i, x, xOffset, scratch);
                for (int j = 0; j < DenseRows.ROWS; j++) {
                    out[outOffset + i + j] = DotProduct.tree(scratch, j * Lanes.WORDS);
                }
            }
        }
        for (; i < count; i++) {
            weights.decode(row + i, scratch, 0);
            out[outOffset + i] = DotProduct.dot(x, xOffset, scratch, 0, columns);
        }
    }

    private static void accumulate(DenseMatrix weights, int row, float[] x, int xOffset, float[] sums) {
        MemorySegment memory = weights.memory();
        long at = weights.at(row);
        long stride = weights.at(row + 1) - at;
        int columns = weights.columns();
        switch (weights.format()) {
            case FLOAT32 -> DenseRows.float32(memory, at, stride, columns, x, xOffset, sums);
            case FLOAT16 -> DenseRows.float16(memory, at, stride, columns, x, xOffset, sums);
            case BFLOAT16 -> DenseRows.bfloat16(memory, at, stride, columns, x, xOffset, sums);
        }
    }

    @Override
    public void multiplyMany(
            float[] weights, int rows, int columns, float[] x, int xOffset, int xStride, int inputs, float[] out) {
        boolean whole = columns % ContractMath.LANES == 0;
        for (int input = 0; input < inputs; input += SIDE) {
            int at = xOffset + input * xStride;
            for (int row = 0; row < rows; row += SIDE) {
                if (whole && row + SIDE <= rows && input + SIDE <= inputs) {
                    DenseTiles.multiply(weights, row * columns, columns, x, at, xStride, out, PRODUCTS);
                    addUp(out, input * ROWS + row);
                } else {
                    multiplySingly(weights, row, rows, columns, x, xOffset, xStride, input, inputs, out);
                }
            }
        }
    }

    /** From the vectors of a tile to its products. */
    private static void addUp(float[] out, int first) {
        for (int i = 0; i < SIDE * SIDE; i++) {
            out[first + i / SIDE * ROWS + i % SIDE] = DotProduct.tree(out, PRODUCTS + i * Lanes.WORDS);
        }
    }

    /** What there is of a tile, one product at a time. */
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
        for (int input = firstInput; input < Math.min(firstInput + SIDE, inputs); input++) {
            for (int row = firstRow; row < Math.min(firstRow + SIDE, rows); row++) {
                out[input * ROWS + row] = DotProduct.dot(x, xOffset + input * xStride, weights, row * columns, columns);
            }
        }
    }

    @Override
    public void scan(MemorySegment weights, long at, long stride, int columns, int[] x, float[] out) {
        for (int group = 0; group < STREAMS; group += HeadStreams.GROUPS) {
            HeadStreams.sum(weights, at + group * stride, stride, columns, x, out, group * BlockLayout.ROWS);
        }
    }
}
