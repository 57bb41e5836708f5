package org.ryzanstein.loader.format;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The key-value section of a GGUF file. */
final class GgufMetadata implements Metadata {
    private final String source;
    private final Map<String, GgufValue> values;

    GgufMetadata(String source, Map<String, GgufValue> values) {
        this.source = source;
        this.values = Collections.unmodifiableMap(values);
    }

    @Override
    public String source() {
        return source;
    }

    @Override
    public Set<String> keys() {
        return values.keySet();
    }

    /** The values with their stored bytes, in the file's order. */
    Map<String, GgufValue> values() {
        return values;
    }

    @Override
    public Optional<String> string(String key) {
        @Nullable GgufValue value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value.content() instanceof GgufValue.Text(String text)) {
            return Optional.of(text);
        }
        throw wrongType(key, value, "string");
    }

    @Override
    public OptionalLong integer(String key) {
        @Nullable GgufValue value = values.get(key);
        if (value == null) {
            return OptionalLong.empty();
        }
        if (value.content() instanceof GgufValue.Whole(long number, boolean fits)) {
            if (!fits) {
                throw ModelFormatException.of(
                        source, key, Long.toUnsignedString(number), "an integer of at most " + Long.MAX_VALUE);
            }
            return OptionalLong.of(number);
        }
        throw wrongType(key, value, "an integer");
    }

    @Override
    public OptionalDouble real(String key) {
        @Nullable GgufValue value = values.get(key);
        if (value == null) {
            return OptionalDouble.empty();
        }
        if (value.content() instanceof GgufValue.Real(double number)) {
            return OptionalDouble.of(number);
        }
        throw wrongType(key, value, "float32 or float64");
    }

    @Override
    public Optional<Boolean> bool(String key) {
        @Nullable GgufValue value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value.content() instanceof GgufValue.Truth(boolean truth)) {
            return Optional.of(truth);
        }
        throw wrongType(key, value, "bool");
    }

    @Override
    public Optional<List<String>> strings(String key) {
        @Nullable GgufValue value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value.content() instanceof GgufValue.Texts(List<String> texts)) {
            return Optional.of(texts);
        }
        throw wrongType(key, value, "array of string");
    }

    @Override
    public Optional<int[]> integers(String key) {
        @Nullable GgufValue value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value.content() instanceof GgufValue.Elements elements
                && elements.type().isInteger()) {
            int[] numbers = new int[elements.count()];
            for (int i = 0; i < numbers.length; i++) {
                long number = integerAt(elements, i);
                if (number != (int) number) {
                    throw ModelFormatException.of(
                            source, key + "[" + i + "]", Long.toString(number), "a value that fits in 32 bits");
                }
                numbers[i] = (int) number;
            }
            return Optional.of(numbers);
        }
        throw wrongType(key, value, "array of an integer type");
    }

    @Override
    public Optional<float[]> reals(String key) {
        @Nullable GgufValue value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value.content() instanceof GgufValue.Elements elements && elements.type() == GgufValueType.FLOAT32) {
            float[] numbers = new float[elements.count()];
            MemorySegment.copy(elements.raw(), LittleEndian.FLOAT, 0, numbers, 0, numbers.length);
            return Optional.of(numbers);
        }
        throw wrongType(key, value, "array of float32");
    }

    /** A value as text, with at most {@code limit} elements of an array. */
    String text(String key, int limit) {
        @Nullable GgufValue value = values.get(key);
        if (value == null) {
            return "";
        }
        return switch (value.content()) {
            case GgufValue.Whole(long number, boolean fits) ->
                fits ? Long.toString(number) : Long.toUnsignedString(number);
            case GgufValue.Real(double number) ->
                value.type() == GgufValueType.FLOAT32 ? Float.toString((float) number) : Double.toString(number);
            case GgufValue.Truth(boolean truth) -> Boolean.toString(truth);
            case GgufValue.Text(String text) -> text;
            case GgufValue.Texts(List<String> texts) ->
                abbreviated(texts.stream().limit(limit).toList(), texts.size());
            case GgufValue.Elements elements -> {
                List<String> shown = java.util.stream.IntStream.range(0, Math.min(limit, elements.count()))
                        .mapToObj(i -> elementText(elements, i))
                        .toList();
                yield abbreviated(shown, elements.count());
            }
        };
    }

    /** For messages and reports: the stored type of a key's value. */
    String typeText(String key) {
        @Nullable GgufValue value = values.get(key);
        return value == null ? "nothing" : value.typeText();
    }

    private static String abbreviated(List<String> shown, int count) {
        String text = String.join(", ", shown);
        return count > shown.size() ? "[" + text + ", ... " + count + " in all]" : "[" + text + "]";
    }

    private static String elementText(GgufValue.Elements elements, int index) {
        MemorySegment raw = elements.raw();
        return switch (elements.type()) {
            case FLOAT32 -> Float.toString(raw.get(LittleEndian.FLOAT, 4L * index));
            case FLOAT64 -> Double.toString(raw.get(LittleEndian.DOUBLE, 8L * index));
            case BOOL -> Boolean.toString(raw.get(JAVA_BYTE, index) != 0);
            case UINT64 -> Long.toUnsignedString(raw.get(LittleEndian.LONG, 8L * index));
            default -> Long.toString(integerAt(elements, index));
        };
    }

    /** An element of an integer array; a uint64 beyond the signed range appears negative. */
    private static long integerAt(GgufValue.Elements elements, int index) {
        MemorySegment raw = elements.raw();
        return switch (elements.type()) {
            case UINT8 -> raw.get(JAVA_BYTE, index) & 0xFF;
            case INT8 -> raw.get(JAVA_BYTE, index);
            case UINT16 -> raw.get(LittleEndian.SHORT, 2L * index) & 0xFFFF;
            case INT16 -> raw.get(LittleEndian.SHORT, 2L * index);
            case UINT32 -> raw.get(LittleEndian.INT, 4L * index) & 0xFFFFFFFFL;
            case INT32 -> raw.get(LittleEndian.INT, 4L * index);
            case UINT64 -> {
                long bits = raw.get(LittleEndian.LONG, 8L * index);
                yield bits < 0 ? Long.MAX_VALUE : bits;
            }
            case INT64 -> raw.get(LittleEndian.LONG, 8L * index);
            case FLOAT32, FLOAT64, BOOL, STRING, ARRAY ->
                throw new IllegalStateException("not an integer array: " + elements.type());
        };
    }

    private ModelFormatException wrongType(String key, GgufValue value, String expected) {
        return ModelFormatException.of(source, key, value.typeText(), expected);
    }
}
