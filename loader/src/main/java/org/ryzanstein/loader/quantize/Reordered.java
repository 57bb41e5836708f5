package org.ryzanstein.loader.quantize;

import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.format.SelectedRows;

/**
 * Query and key weights in the order of rows that llama.cpp's converter gives architecture llama: within each head, row i of
 * the first half and row i of the second half, the two that are rotated together, become neighbours.
 */
final class Reordered {
    private Reordered() {}

    /** The row of the hub's order that stands at a row of the file's order. */
    static int hubRow(int row, int headDim) {
        int within = row % headDim;
        return row - within + within / 2 + within % 2 * (headDim / 2);
    }

    /** A matrix in the file's order. */
    static WeightSource matrix(WeightSource source, int headDim) {
        return SelectedRows.reordered(source, row -> hubRow(row, headDim));
    }

    /** A bias in the file's order. */
    static float[] vector(float[] values, int headDim) {
        float[] reordered = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            reordered[i] = values[hubRow(i, headDim)];
        }
        return reordered;
    }
}
