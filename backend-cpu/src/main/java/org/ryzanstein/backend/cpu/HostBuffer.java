package org.ryzanstein.backend.cpu;

import java.lang.foreign.MemorySegment;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.RowSet;

/** A buffer in a heap array: element (r, c) is at {@code offset + r * stride + c}. */
public final class HostBuffer implements Buffer {
    private static final float[] NO_FLOATS = {};
    private static final int[] NO_INTS = {};

    private final float[] floats;
    private final int[] ints;

    private final ElementType elementType;
    private final RowSet rowSet;
    private final int rows;
    private final int columns;
    private final int offset;
    private final int stride;
    private final MemorySegment memory;

    private HostBuffer(
            ElementType elementType,
            RowSet rowSet,
            int rows,
            int columns,
            int offset,
            int stride,
            float[] floats,
            int[] ints) {
        this.elementType = elementType;
        this.rowSet = rowSet;
        this.rows = rows;
        this.columns = columns;
        this.offset = offset;
        this.stride = stride;
        this.floats = floats;
        this.ints = ints;
        MemorySegment all =
                elementType == ElementType.FLOAT32 ? MemorySegment.ofArray(floats) : MemorySegment.ofArray(ints);
        memory = all.asSlice((long) offset * ElementType.BYTES);
    }

    static HostBuffer allocate(ElementType type, RowSet rowSet, int rows, int columns) {
        if (rows < 0 || columns < 0) {
            throw new IllegalArgumentException("buffer of " + rows + " x " + columns);
        }
        int length = Math.multiplyExact(rows, columns);
        return switch (type) {
            case FLOAT32 -> new HostBuffer(type, rowSet, rows, columns, 0, columns, new float[length], NO_INTS);
            case INT32 -> new HostBuffer(type, rowSet, rows, columns, 0, columns, NO_FLOATS, new int[length]);
        };
    }

    /** The buffer as this backend's own, of the type that an operation needs. */
    static HostBuffer of(Buffer buffer, ElementType type) {
        if (!(buffer instanceof HostBuffer own)) {
            throw new IllegalArgumentException(
                    "buffer of another backend: " + buffer.getClass().getName());
        }
        if (own.elementType != type) {
            throw new IllegalArgumentException("buffer of " + own.elementType + ", expected " + type);
        }
        return own;
    }

    @Override
    public ElementType elementType() {
        return elementType;
    }

    @Override
    public RowSet rowSet() {
        return rowSet;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    @Override
    public int stride() {
        return stride;
    }

    @Override
    public Buffer slice(int first, int count) {
        if (first < 0 || count < 0 || first > columns - count) {
            throw new IllegalArgumentException(
                    "slice of " + count + " columns from " + first + " of a buffer of " + columns);
        }
        return new HostBuffer(elementType, rowSet, rows, count, offset + first, stride, floats, ints);
    }

    @Override
    public MemorySegment memory() {
        return memory;
    }

    /** The elements of a FLOAT32 buffer, of which this may be a view. */
    public float[] floats() {
        return floats;
    }

    /** The elements of an INT32 buffer, of which this may be a view. */
    public int[] ints() {
        return ints;
    }

    /** Index of a row's first element. */
    public int row(int row) {
        return offset + row * stride;
    }
}
