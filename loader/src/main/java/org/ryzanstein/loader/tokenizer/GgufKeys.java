package org.ryzanstein.loader.tokenizer;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.Metadata;

/**
 * The keys of a GGUF file to come, in their order; the reader of GGUF files can read them back before there is a file.
 *
 * @param source what they are made of, for messages
 */
record GgufKeys(String source, Map<String, Object> values) implements Metadata {
    GgufKeys(String source) {
        this(source, new LinkedHashMap<>());
    }

    /** Sets a text, an integer, a truth, a list of texts, or an array of int or float. */
    GgufKeys with(String key, Object value) {
        values.put(key, value);
        return this;
    }

    void addTo(GgufWriter writer) {
        values.forEach((key, value) -> {
            switch (value) {
                case String text -> writer.text(key, text);
                case Integer number -> writer.uint32(key, number);
                case Boolean truth -> writer.bool(key, truth);
                case List<?> texts ->
                    writer.texts(key, texts.stream().map(String.class::cast).toList());
                case int[] numbers -> writer.int32s(key, numbers);
                case float[] numbers -> writer.float32s(key, numbers);
                default -> throw new IllegalStateException(key + " is a " + value.getClass());
            }
        });
    }

    private <T> Optional<T> get(String key, Class<T> type) {
        @Nullable Object value = values.get(key);
        return value == null ? Optional.empty() : Optional.of(type.cast(value));
    }

    @Override
    public Set<String> keys() {
        return values.keySet();
    }

    @Override
    public Optional<String> string(String key) {
        return get(key, String.class);
    }

    @Override
    public OptionalLong integer(String key) {
        return get(key, Integer.class).map(OptionalLong::of).orElse(OptionalLong.empty());
    }

    @Override
    public OptionalDouble real(String key) {
        return OptionalDouble.empty();
    }

    @Override
    public Optional<Boolean> bool(String key) {
        return get(key, Boolean.class);
    }

    @Override
    public Optional<List<String>> strings(String key) {
        return get(key, List.class)
                .map(texts -> ((List<?>) texts).stream().map(String.class::cast).toList());
    }

    @Override
    public Optional<int[]> integers(String key) {
        return get(key, int[].class);
    }

    @Override
    public Optional<float[]> reals(String key) {
        return get(key, float[].class);
    }
}
