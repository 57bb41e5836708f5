package org.ryzanstein.loader.tokenizer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.ryzanstein.loader.format.Metadata;

/** Metadata from a map, without a file. */
final class MapMetadata implements Metadata {
    private final Map<String, Object> values = new HashMap<>();

    MapMetadata with(String key, Object value) {
        values.put("tokenizer.ggml." + key, value);
        return this;
    }

    /** A key outside the tokenizer's. */
    MapMetadata withOther(String key, Object value) {
        values.put(key, value);
        return this;
    }

    MapMetadata without(String key) {
        values.remove("tokenizer.ggml." + key);
        return this;
    }

    @Override
    public String source() {
        return "test.gguf";
    }

    @Override
    public Set<String> keys() {
        return values.keySet();
    }

    @Override
    public Optional<String> string(String key) {
        return Optional.ofNullable((String) values.get(key));
    }

    @Override
    public OptionalLong integer(String key) {
        Number number = (Number) values.get(key);
        return number == null ? OptionalLong.empty() : OptionalLong.of(number.longValue());
    }

    @Override
    public OptionalDouble real(String key) {
        return OptionalDouble.empty();
    }

    @Override
    public Optional<Boolean> bool(String key) {
        return Optional.ofNullable((Boolean) values.get(key));
    }

    @Override
    @SuppressWarnings("unchecked")
    public Optional<List<String>> strings(String key) {
        return Optional.ofNullable((List<String>) values.get(key));
    }

    @Override
    public Optional<int[]> integers(String key) {
        return Optional.ofNullable((int[]) values.get(key));
    }

    @Override
    public Optional<float[]> reals(String key) {
        return Optional.ofNullable((float[]) values.get(key));
    }
}
