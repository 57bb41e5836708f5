package org.ryzanstein.comm.tcp;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;

/**
 * The rows of a buffer that take part in an operation, read and written as a dense sequence of 32-bit words in the order of
 * rows. It is set again for each operation, so that no operation allocates.
 */
final class Matrix {
    private static final int BYTES = ElementType.BYTES;
    private static final MemorySegment NOTHING = MemorySegment.ofArray(new int[0]);

    private MemorySegment memory = NOTHING;
    private long start;
    private long stride;
    private int rows;
    private int columns;

    /** Checks the rows and takes them over. */
    void set(Buffer buffer, int firstRow, int rowCount) {
        if (firstRow < 0 || rowCount < 0 || firstRow > buffer.rows() - rowCount) {
            throw new IllegalArgumentException("rows " + firstRow + " .. " + ((long) firstRow + rowCount)
                    + " of a buffer with room for " + buffer.rows());
        }
        if ((long) rowCount * buffer.columns() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    rowCount + " x " + buffer.columns() + " elements, expected at most " + Integer.MAX_VALUE);
        }
        memory = buffer.memory();
        stride = (long) buffer.stride() * BYTES;
        start = firstRow * stride;
        rows = rowCount;
        columns = buffer.columns();
    }

    /** Nothing at all. */
    void clear() {
        memory = NOTHING;
        rows = 0;
        columns = 0;
        start = 0;
        stride = 0;
    }

    int rows() {
        return rows;
    }

    int columns() {
        return columns;
    }

    int words() {
        return rows * columns;
    }

    long bytes() {
        return (long) words() * BYTES;
    }

    /** Copies words {@code from .. from + count} of a range of columns into a segment. */
    void read(int firstColumn, int width, int from, int count, MemorySegment target, long targetOffset) {
        int done = 0;
        while (done < count) {
            int run = run(width, from + done, count - done);
            MemorySegment.copy(
                    memory,
                    at(firstColumn, width, from + done),
                    target,
                    targetOffset + (long) done * BYTES,
                    (long) run * BYTES);
            done += run;
        }
    }

    /** Copies a segment to words {@code from .. from + count} of a range of columns. */
    void write(int firstColumn, int width, int from, int count, MemorySegment source, long sourceOffset) {
        int done = 0;
        while (done < count) {
            int run = run(width, from + done, count - done);
            MemorySegment.copy(
                    source,
                    sourceOffset + (long) done * BYTES,
                    memory,
                    at(firstColumn, width, from + done),
                    (long) run * BYTES);
            done += run;
        }
    }

    /** Copies words of a range of columns into an array, from an index on. */
    void read(int firstColumn, int width, int from, int count, int[] target, int index) {
        int done = 0;
        while (done < count) {
            int run = run(width, from + done, count - done);
            MemorySegment.copy(
                    memory,
                    ValueLayout.JAVA_INT_UNALIGNED,
                    at(firstColumn, width, from + done),
                    target,
                    index + done,
                    run);
            done += run;
        }
    }

    /** Copies an array, from an index on, to words of a range of columns. */
    void write(int firstColumn, int width, int from, int count, int[] source, int index) {
        int done = 0;
        while (done < count) {
            int run = run(width, from + done, count - done);
            MemorySegment.copy(
                    source,
                    index + done,
                    memory,
                    ValueLayout.JAVA_INT_UNALIGNED,
                    at(firstColumn, width, from + done),
                    run);
            done += run;
        }
    }

    /** Copies all of this to a range of columns of another one of as many rows. */
    void copyTo(Matrix target, int firstColumn) {
        for (int row = 0; row < rows && columns > 0; row++) {
            MemorySegment.copy(
                    memory,
                    start + row * stride,
                    target.memory,
                    target.start + row * target.stride + (long) firstColumn * BYTES,
                    (long) columns * BYTES);
        }
    }

    /** How many of the wanted words lie in one piece. */
    private int run(int width, int from, int wanted) {
        return (long) width * BYTES == stride ? wanted : Math.min(wanted, width - from % width);
    }

    private long at(int firstColumn, int width, int word) {
        return start + word / width * stride + ((long) firstColumn + word % width) * BYTES;
    }
}
