package org.ryzanstein.backend.avx512;

import java.lang.foreign.MemorySegment;
import org.ryzanstein.backend.cpu.DenseKernels;
import org.ryzanstein.backend.cpu.DenseMatrix;

/** Floating-point weights, converted in registers for few rows of activations. */
final class Avx512DenseKernels implements DenseKernels {
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
        int whole = columns - columns % Lanes.WORDS;
        if (count < DenseRows.FOUR || whole < columns) {
            for (int i = 0; i < count; i++) {
                weights.decode(row + i, scratch, 0);
                out[outOffset + i] = DotProduct.dot(x, xOffset, scratch, 0, columns);
            }
            return;
        }
        MemorySegment memory = weights.memory();
        long at = weights.at(row);
        long stride = weights.at(row + 1) - at;
        switch (weights.format()) {
            case FLOAT32 -> DenseRows.float32(memory, at, stride, columns, x, xOffset, scratch);
            case FLOAT16 -> DenseRows.float16(memory, at, stride, columns, x, xOffset, scratch);
            case BFLOAT16 -> DenseRows.bfloat16(memory, at, stride, columns, x, xOffset, scratch);
        }
        for (int i = 0; i < DenseRows.FOUR; i++) {
            out[outOffset + i] = DotProduct.tree(scratch, i * Lanes.WORDS);
        }
    }

    @Override
    public void multiplyMany(
            float[] weights, int rows, int columns, float[] x, int xOffset, int xStride, int inputs, float[] out) {
        if (rows == ROWS && inputs == DenseRows.FOUR && columns % Lanes.WORDS == 0) {
            DenseRows.fourByFour(weights, columns, columns, x, xOffset, xStride, out, PRODUCTS);
            for (int i = 0; i < PRODUCTS; i++) {
                out[i] = DotProduct.tree(out, PRODUCTS + i * Lanes.WORDS);
            }
            return;
        }
        for (int input = 0; input < inputs; input++) {
            for (int row = 0; row < rows; row++) {
                out[input * ROWS + row] = DotProduct.dot(x, xOffset + input * xStride, weights, row * columns, columns);
            }
        }
    }

    @Override
    public void scan(MemorySegment weights, long at, long stride, int columns, int[] x, float[] out) {
        HeadStreams.sum(weights, at, stride, columns, x, out);
    }
}
