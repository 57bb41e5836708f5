package org.ryzanstein.backend.cpu;

import org.ryzanstein.api.kernel.MatrixWeights;

/** A matrix that is multiplied with float activations. */
sealed interface LinearMatrix extends MatrixWeights permits DenseMatrix, BlockMatrix {

    /**
     * What its product needs beside the matrix, made once for each recorded operation.
     *
     * @param members threads that will multiply
     */
    Input input(HostBuffer in, int members);

    /** Activations in the form that the matrix multiplies. */
    interface Input {
        /**
         * Converts a row of the input; rows are independent.
         *
         * @return false if the row holds a value that is not finite and can't be converted
         */
        boolean prepare(int row);

        /** Multiplies the first {@code rows} input rows with the weight rows {@code from .. to}, on one thread. */
        void multiply(int rows, int from, int to, int member, Output out);
    }

    /** Where a product's elements go. */
    @FunctionalInterface
    interface Output {
        void put(int inputRow, int weightRow, float value);
    }

    static LinearMatrix of(MatrixWeights weights) {
        if (weights instanceof LinearMatrix own) {
            return own;
        }
        throw new IllegalArgumentException(weights.name()
                + ": expected floating-point or block-quantised weights of this backend, found " + weights.layout());
    }
}
