package org.ryzanstein.loader.format;

import java.util.Locale;

/** Types of metadata values in GGUF, in the order of their numbers (gguf.md of the ggml project). */
enum GgufValueType {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    STRING(8),
    ARRAY(12),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private static final GgufValueType[] VALUES = values();

    private final int smallest;

    GgufValueType(int smallest) {
        this.smallest = smallest;
    }

    /** Whether a value type has this number. */
    static boolean isKnown(int number) {
        return number >= 0 && number < VALUES.length;
    }

    static GgufValueType of(int number) {
        return VALUES[number];
    }

    /** Fewest bytes that a value of this type takes in a file. */
    int smallest() {
        return smallest;
    }

    boolean isInteger() {
        return switch (this) {
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
            case FLOAT32, BOOL, STRING, ARRAY, FLOAT64 -> false;
        };
    }

    /** Name for messages, such as {@code uint32}. */
    String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
