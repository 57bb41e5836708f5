package org.ryzanstein.api.comm;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.RowSet;

/**
 * A buffer over memory of the caller, for what belongs to no backend: arrays, byte buffers, segments. It copies nothing and
 * may be used again and again. Without further notice it is one column, so that the rows of a call are its count of elements.
 */
public final class HostMemory implements Buffer {
    private final MemorySegment memory;
    private final ElementType elementType;
    private final int rows;
    private final int columns;
    private final int stride;

    private HostMemory(MemorySegment memory, ElementType elementType, int rows, int columns, int stride) {
        if (rows < 0 || columns < 0 || stride < columns) {
            throw new IllegalArgumentException(rows + " x " + columns + " elements with a stride of " + stride);
        }
        long elements = rows == 0 ? 0 : Math.addExact(Math.multiplyExact(rows - 1L, stride), columns);
        if (memory.byteSize() < Math.multiplyExact(elements, ElementType.BYTES)) {
            throw new IllegalArgumentException(rows + " x " + columns + " elements with a stride of " + stride
                    + " need " + elements * ElementType.BYTES + " bytes, the memory has " + memory.byteSize());
        }
        this.memory = memory;
        this.elementType = elementType;
        this.rows = rows;
        this.columns = columns;
        this.stride = stride;
    }

    /** All of an array, one column. */
    public static HostMemory of(int[] array) {
        return new HostMemory(MemorySegment.ofArray(array), ElementType.INT32, array.length, 1, 1);
    }

    /** Part of an array, one column. */
    public static HostMemory of(int[] array, int offset, int count) {
        Objects.checkFromIndexSize(offset, count, array.length);
        return new HostMemory(part(MemorySegment.ofArray(array), offset, count), ElementType.INT32, count, 1, 1);
    }

    /** All of an array, one column. */
    public static HostMemory of(float[] array) {
        return new HostMemory(MemorySegment.ofArray(array), ElementType.FLOAT32, array.length, 1, 1);
    }

    /** Part of an array, one column. */
    public static HostMemory of(float[] array, int offset, int count) {
        Objects.checkFromIndexSize(offset, count, array.length);
        return new HostMemory(part(MemorySegment.ofArray(array), offset, count), ElementType.FLOAT32, count, 1, 1);
    }

    /** What lies between a byte buffer's position and limit, in the machine's byte order, one column. */
    public static HostMemory of(ByteBuffer bytes, ElementType elementType) {
        int count = bytes.remaining() / ElementType.BYTES;
        return new HostMemory(MemorySegment.ofBuffer(bytes), elementType, count, 1, 1);
    }

    /**
     * A matrix, row-major.
     *
     * @param stride elements from the start of one row to the start of the next
     */
    public static HostMemory matrix(MemorySegment memory, ElementType elementType, int rows, int columns, int stride) {
        return new HostMemory(memory, elementType, rows, columns, stride);
    }

    private static MemorySegment part(MemorySegment memory, int offset, int count) {
        return memory.asSlice((long) offset * ElementType.BYTES, (long) count * ElementType.BYTES);
    }

    @Override
    public ElementType elementType() {
        return elementType;
    }

    /** Has no meaning here. */
    @Override
    public RowSet rowSet() {
        return RowSet.TOKENS;
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
    public Buffer slice(int first, int count) {
        Objects.checkFromIndexSize(first, count, columns);
        MemorySegment rest =
                rows == 0 ? memory : memory.asSlice(Math.min((long) first * ElementType.BYTES, memory.byteSize()));
        return new HostMemory(rest, elementType, rows, count, stride);
    }

    @Override
    public int stride() {
        return stride;
    }

    @Override
    public MemorySegment memory() {
        return memory;
    }
}
