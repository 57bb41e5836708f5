package org.ryzanstein.loader.format;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One tensor of a model file.
 *
 * @param name name in the file
 * @param type element type
 * @param shape sizes in row-major order: rows first, the contiguous dimension last
 * @param offset position of the first byte in the file
 * @param data the tensor's bytes, read-only and mapped; unusable once the file is closed
 */
public record TensorInfo(String name, TensorType type, List<Long> shape, long offset, MemorySegment data) {
    public TensorInfo {
        shape = List.copyOf(shape);
    }

    /** Size in bytes. */
    public long bytes() {
        return data.byteSize();
    }

    /** Number of elements; it never overflows, because the tensor's bytes lie within the file. */
    public long elements() {
        return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
    }

    /** The shape as {@code [rows, columns]}, for messages. */
    public String shapeText() {
        return shapeText(shape);
    }

    static String shapeText(List<Long> shape) {
        return shape.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
    }
}
