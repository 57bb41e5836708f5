package org.ryzanstein.api.kernel;

/** Element type of a {@link Buffer}. */
public enum ElementType {
    FLOAT32,
    INT32;

    /** Bytes of one element. */
    public static final int BYTES = 4;
}
