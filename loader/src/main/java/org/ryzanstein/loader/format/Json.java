package org.ryzanstein.loader.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** An object of a JSON file, with errors that name the file and the field. A field that is {@code null} counts as absent. */
final class Json {
    private static final int LARGEST_FILE = 1 << 26;

    private static final JsonMapper MAPPER = JsonMapper.builder(factory())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final String file;
    private final String prefix;
    private final JsonNode node;

    private Json(String file, String prefix, JsonNode node) {
        this.file = file;
        this.prefix = prefix;
        this.node = node;
    }

    private static JsonFactory factory() {
        return new JsonFactoryBuilder()
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(32)
                        .maxNameLength(4096)
                        .maxNumberLength(64)
                        .maxStringLength(1 << 20)
                        .build())
                .build();
    }

    /** Reads a file that must hold one JSON object. */
    static Json read(Path path) {
        String file = path.toString();
        try {
            long size = Files.size(path);
            if (size > LARGEST_FILE) {
                throw ModelFormatException.of(file, "size", size + " bytes", "at most " + LARGEST_FILE);
            }
            return parse(file, "JSON", Files.readAllBytes(path));
        } catch (IOException failure) {
            throw new UncheckedIOException(path + ": cannot be read: " + failure.getMessage(), failure);
        }
    }

    /**
     * Parses bytes that must hold one JSON object.
     *
     * @param field what the bytes are, for messages
     */
    static Json parse(String file, String field, byte[] bytes) {
        @Nullable JsonNode node;
        try {
            node = MAPPER.readTree(bytes);
        } catch (JsonProcessingException malformed) {
            throw ModelFormatException.of(file, field, malformed.getOriginalMessage(), "a JSON object", malformed);
        } catch (IOException malformed) {
            throw ModelFormatException.of(file, field, malformed.toString(), "a JSON object", malformed);
        }
        if (node == null || !node.isObject()) {
            throw ModelFormatException.of(file, field, "something else", "a JSON object");
        }
        return new Json(file, "", node);
    }

    String file() {
        return file;
    }

    /** A field's full name, for messages. */
    String path(String field) {
        return prefix + field;
    }

    List<String> fields() {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    boolean has(String field) {
        return find(field) != null;
    }

    Optional<Json> object(String field) {
        @Nullable JsonNode value = find(field);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isObject()) {
            throw wrong(field, value, "an object");
        }
        return Optional.of(new Json(file, prefix + field + ".", value));
    }

    Optional<String> text(String field) {
        @Nullable JsonNode value = find(field);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            throw wrong(field, value, "a string");
        }
        return Optional.of(value.textValue());
    }

    /** A string, or from a list of objects with name and template the template that is named {@code default}. */
    Optional<String> template(String field) {
        @Nullable JsonNode value = find(field);
        if (value == null || !value.isArray()) {
            return text(field);
        }
        for (JsonNode one : value) {
            if (one.path("name").asText("").equals("default")
                    && one.path("template").isTextual()) {
                return Optional.of(one.path("template").textValue());
            }
        }
        throw wrong(field, value, "a string, or a list of templates of which one is named \"default\"");
    }

    OptionalLong integer(String field) {
        @Nullable JsonNode value = find(field);
        if (value == null) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(integer(field, value));
    }

    OptionalDouble real(String field) {
        @Nullable JsonNode value = find(field);
        if (value == null) {
            return OptionalDouble.empty();
        }
        if (!value.isNumber()) {
            throw wrong(field, value, "a number");
        }
        return OptionalDouble.of(value.doubleValue());
    }

    Optional<Boolean> bool(String field) {
        @Nullable JsonNode value = find(field);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isBoolean()) {
            throw wrong(field, value, "true or false");
        }
        return Optional.of(value.booleanValue());
    }

    /** An array of integers; a single integer counts as an array of one. */
    Optional<List<Long>> integers(String field) {
        @Nullable JsonNode value = find(field);
        if (value == null) {
            return Optional.empty();
        }
        if (value.isIntegralNumber()) {
            return Optional.of(List.of(integer(field, value)));
        }
        if (!value.isArray()) {
            throw wrong(field, value, "an array of integers");
        }
        List<Long> numbers = new ArrayList<>();
        for (JsonNode element : value) {
            numbers.add(integer(field, element));
        }
        return Optional.of(numbers);
    }

    Optional<List<String>> texts(String field) {
        @Nullable JsonNode value = find(field);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isArray()) {
            throw wrong(field, value, "an array of strings");
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode element : value) {
            if (!element.isTextual()) {
                throw wrong(field, element, "an array of strings");
            }
            texts.add(element.textValue());
        }
        return Optional.of(texts);
    }

    /** The fields of this object with their values as JSON text. */
    Map<String, String> raw() {
        Map<String, String> values = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> property : node.properties()) {
            JsonNode value = property.getValue();
            values.put(property.getKey(), value.isTextual() ? value.textValue() : value.toString());
        }
        return values;
    }

    private long integer(String field, JsonNode value) {
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw wrong(field, value, "an integer of at most 64 bits");
        }
        return value.longValue();
    }

    private @Nullable JsonNode find(String field) {
        @Nullable JsonNode value = node.get(field);
        return value == null || value.isNull() ? null : value;
    }

    private ModelFormatException wrong(String field, JsonNode value, String expected) {
        String found = value.toString();
        return ModelFormatException.of(
                file, prefix + field, found.length() > 60 ? found.substring(0, 60) + "..." : found, expected);
    }
}
