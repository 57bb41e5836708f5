package org.ryzanstein.backend.cpu;

/** Order of the keys of one head inside a KV block. */
public enum KeyLayout {
    /** (position, dimension): a key is contiguous. */
    POSITION_MAJOR,
    /** (dimension, position): the same element of neighbouring positions is contiguous, so that vector lanes are keys. */
    DIMENSION_MAJOR
}
