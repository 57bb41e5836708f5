package org.ryzanstein.api.kernel;

/** A weight matrix, shape (rows, columns), packed in its backend's own layout. */
public interface MatrixWeights {
    /** The tensor's name in the model file. */
    String name();

    int rows();

    int columns();

    /** Bytes that the packed form occupies. */
    long bytes();

    /** Bytes of them that a product with one row of activations reads: fewer where the backend keeps several forms. */
    default long bytesPerProduct() {
        return bytes();
    }

    /** Bytes that the output head reads for a row of which only the best candidate is wanted. */
    default long bytesPerCandidate() {
        return bytesPerProduct();
    }

    /** How it is stored and which kernel runs it, for reports: such as {@code ternary, 2 bits, bit-serial}. */
    String layout();
}
