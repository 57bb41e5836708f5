package org.ryzanstein.api.kernel;

/** A weight matrix, shape (rows, columns), packed in its backend's own layout. */
public interface MatrixWeights {
    /** The tensor's name in the model file. */
    String name();

    int rows();

    int columns();

    /** Bytes that the packed form occupies. */
    long bytes();

    /** How it is stored and which kernel runs it, for reports: such as {@code ternary, 2 bits, bit-serial}. */
    String layout();
}
