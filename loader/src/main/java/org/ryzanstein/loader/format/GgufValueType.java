package org.ryzanstein.loader.format;

import java.util.Locale;

/** Types of metadata values in GGUF, in the order of their numbers (gguf.md of the ggml project). */
enum GgufValueType {
    UINT8(0, 1),
    INT8(1, 1),
    UINT16(2, 2),
    INT16(3, 2),
    UINT32(4, 4),
    INT32(5, 4),
    FLOAT32(6, 4),
    BOOL(7, 1),
    STRING(8, 8),
    ARRAY(9, 12),
    UINT64(10, 8),
    INT64(11, 8),
    FLOAT64(12, 8);

    private static final GgufValueType[] VALUES = values();

    private final int number;
    private final int smallest;

    GgufValueType(int number, int smallest) {
        this.number = number;
        this.smallest = smallest;
    }

    /** Whether a value type has this number. */
    static boolean isKnown(int number) {
        return number >= 0 && number < VALUES.length;
    }

    static GgufValueType of(int number) {
        return VALUES[number];
    }

    /** The number that a file stores. */
    int number() {
        return number;
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
