package org.ryzanstein.loader.format;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One metadata value.
 *
 * @param raw the value's bytes as stored, after the type number; valid while the file is open
 * @param content what the bytes say
 */
record GgufValue(GgufValueType type, MemorySegment raw, Content content) {
    /** A decoded value. */
    sealed interface Content {}

    /** Any integer type. For uint64 the bits are kept; {@code fits} is false where the value exceeds a signed long. */
    record Whole(long value, boolean fits) implements Content {}

    record Real(double value) implements Content {}

    record Truth(boolean value) implements Content {}

    record Text(String value) implements Content {}

    /** An array; the elements are decoded on request, they have been walked through once. */
    record Elements(GgufValueType type, int count, MemorySegment raw) implements Content {}

    /** An array of strings, decoded. */
    record Texts(List<String> values) implements Content {}

    /** For messages: the type, with the element type of an array. */
    String typeText() {
        return switch (content) {
            case Elements elements -> "array of " + elements.type().text();
            case Texts texts -> "array of " + GgufValueType.STRING.text();
            default -> type.text();
        };
    }
}
