package org.ryzanstein.api.kernel;

import java.lang.foreign.MemorySegment;

/**
 * A matrix of activations owned by a backend, row-major, opaque to everyone else: content crosses only by
 * {@link ExecutionQueue#upload} and {@link ExecutionQueue#download}. A view made by {@link #slice} shares its memory.
 */
public interface Buffer {
    ElementType elementType();

    RowSet rowSet();

    /** Rows that it has room for. */
    int rows();

    int columns();

    /** A view of the columns {@code first .. first + count} of all rows. */
    Buffer slice(int first, int count);

    /** Elements from the start of one row to the start of the next; larger than {@link #columns()} in a view. */
    int stride();

    /**
     * The memory behind it, for communicators: host memory itself, or a segment of length zero at the device address. It
     * starts at this view's first element.
     */
    MemorySegment memory();
}
