package org.ryzanstein.loader.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Decodes plain floats. Stateless. */
enum RowFormat {
    F32 {
        @Override
        void decode(MemorySegment data, long element, float[] destination, int offset, int count) {
            MemorySegment.copy(data, LittleEndian.FLOAT, 4 * element, destination, offset, count);
        }
    },
    F16 {
        @Override
        void decode(MemorySegment data, long element, float[] destination, int offset, int count) {
            short[] halves = halves(data, element, count);
            for (int i = 0; i < count; i++) {
                destination[offset + i] = Float.float16ToFloat(halves[i]);
            }
        }
    },
    BF16 {
        @Override
        void decode(MemorySegment data, long element, float[] destination, int offset, int count) {
            short[] halves = halves(data, element, count);
            for (int i = 0; i < count; i++) {
                destination[offset + i] = Float.intBitsToFloat(halves[i] << 16);
            }
        }
    };

    static RowFormat of(TensorType type) {
        return switch (type) {
            case F32 -> F32;
            case F16 -> F16;
            case BF16 -> BF16;
            default -> throw new IllegalArgumentException(type + " is no plain floating-point type");
        };
    }

    /**
     * Decodes elements, exactly.
     *
     * @param element index of the first element in {@code data}
     */
    abstract void decode(MemorySegment data, long element, float[] destination, int offset, int count);

    private static short[] halves(MemorySegment data, long element, int count) {
        short[] halves = new short[count];
        MemorySegment.copy(data, LittleEndian.SHORT, 2 * element, halves, 0, count);
        return halves;
    }

    /** The bytes of a segment as an array. */
    static byte[] bytes(MemorySegment data, long offset, int count) {
        byte[] bytes = new byte[count];
        MemorySegment.copy(data, ValueLayout.JAVA_BYTE, offset, bytes, 0, count);
        return bytes;
    }
}
