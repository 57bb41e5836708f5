package org.ryzanstein.backend.cpu;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.MatrixWeights;

/** A matrix that is multiplied with float activations. */
sealed interface LinearMatrix extends MatrixWeights permits DenseMatrix, BlockMatrix {

    /** Rows that are multiplied together: threads share out whole groups of so many. */
    int rowGroup();

    /** A product with the rows of a buffer, made once for each recorded operation. */
    static Product product(LinearMatrix weights, HostBuffer in, LinearScratch scratch) {
        return switch (weights) {
            case DenseMatrix dense -> new DenseProduct(dense, in, scratch);
            case BlockMatrix blocks -> new BlockProduct(blocks, in, scratch);
        };
    }

    /** A product with all that it needs beside the matrix. */
    interface Product {
        /** The form that activations are multiplied in; null: as they are, without {@link #prepare}. */
        @Nullable
        Object inputForm();

        /**
         * Converts a row of the input; rows are independent.
         *
         * @param rows rows of the step's input
         * @return false if the row holds a value that is not finite and can't be converted
         */
        boolean prepare(int row, int rows);

        /**
         * Multiplies the first {@code rows} input rows with the weight rows {@code from .. to}, on one thread.
         *
         * @param from a multiple of {@link #rowGroup}
         * @param to such a multiple, or the number of rows
         */
        void multiply(int rows, int from, int to, int member, Output out);
    }

    /** Where a product's elements go. */
    interface Output {
        /** The array of an input row. */
        float[] values(int inputRow);

        /** Index of the first weight row's element. */
        int first(int inputRow);
    }

    static LinearMatrix of(MatrixWeights weights) {
        if (weights instanceof LinearMatrix own) {
            return own;
        }
        throw new IllegalArgumentException(weights.name()
                + ": expected floating-point or block-quantised weights of this backend, found " + weights.layout());
    }
}
