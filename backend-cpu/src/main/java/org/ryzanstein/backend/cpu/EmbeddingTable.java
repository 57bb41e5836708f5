package org.ryzanstein.backend.cpu;

import org.ryzanstein.api.kernel.MatrixWeights;

/** A matrix whose rows can be read as floats. */
sealed interface EmbeddingTable extends MatrixWeights permits DenseMatrix, BlockMatrix {
    /** Decodes a row into {@code target[offset ..]}. */
    void decode(int row, float[] target, int offset);

    static EmbeddingTable of(MatrixWeights weights) {
        if (weights instanceof EmbeddingTable own) {
            return own;
        }
        throw new IllegalArgumentException(weights.name()
                + ": expected floating-point or block-quantised weights of this backend, found " + weights.layout());
    }
}
