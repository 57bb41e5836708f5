package org.ryzanstein.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Checked access to the members of a JSON object. A member that is null counts as absent; one of the wrong type or out of
 * range ends in an {@link ApiException} that names its path, such as {@code messages[1].content}.
 */
final class Fields {
    private static final int SHOWN = 60;

    private final JsonNode object;
    private final String path;

    /** Members of {@code object}, which is at {@code path} of the body; the body itself is at "". */
    Fields(JsonNode object, String path) {
        this.object = object;
        this.path = path;
    }

    /** The members of a value that must be an object. */
    static Fields of(JsonNode value, String path) {
        if (!value.isObject()) {
            throw mismatch(path, value, "an object");
        }
        return new Fields(value, path);
    }

    String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    List<String> names() {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    boolean has(String name) {
        return value(name) != null;
    }

    /** The member, or null if it is absent or null. */
    @Nullable
    JsonNode value(String name) {
        JsonNode value = object.get(name);
        return value == null || value.isNull() ? null : value;
    }

    Optional<Boolean> flag(String name) {
        JsonNode value = value(name);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isBoolean()) {
            throw mismatch(path(name), value, "true or false");
        }
        return Optional.of(value.booleanValue());
    }

    Optional<String> text(String name) {
        JsonNode value = value(name);
        return value == null ? Optional.empty() : Optional.of(text(value, path(name)));
    }

    static String text(JsonNode value, String path) {
        if (!value.isTextual()) {
            throw mismatch(path, value, "a string");
        }
        return Json.wellFormed(value.textValue());
    }

    OptionalInt integer(String name, int least, int most) {
        JsonNode value = value(name);
        return value == null ? OptionalInt.empty() : OptionalInt.of(integer(value, path(name), least, most));
    }

    static int integer(JsonNode value, String path, int least, int most) {
        if (!value.isIntegralNumber()
                || !value.canConvertToInt()
                || value.intValue() < least
                || value.intValue() > most) {
            String range = most == Integer.MAX_VALUE ? least + " or more" : "from " + least + " to " + most;
            throw mismatch(path, value, "an integer, " + range);
        }
        return value.intValue();
    }

    OptionalLong longInteger(String name) {
        JsonNode value = value(name);
        if (value == null) {
            return OptionalLong.empty();
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw mismatch(path(name), value, "an integer of 64 bits");
        }
        return OptionalLong.of(value.longValue());
    }

    OptionalDouble number(String name, double least, double most) {
        JsonNode value = value(name);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(number(value, path(name), least, most));
    }

    static double number(JsonNode value, String path, double least, double most) {
        double number = value.isNumber() ? value.doubleValue() : Double.NaN;
        if (!(number >= least && number <= most)) {
            throw mismatch(path, value, "a number from " + show(least) + " to " + show(most));
        }
        return number;
    }

    Optional<Fields> object(String name) {
        JsonNode value = value(name);
        return value == null ? Optional.empty() : Optional.of(of(value, path(name)));
    }

    static ApiException mismatch(String path, JsonNode found, String expected) {
        return ApiException.invalid(path, "found " + describe(found) + ", expected " + expected);
    }

    /** What a value is, short enough for a message. */
    static String describe(JsonNode value) {
        return switch (value.getNodeType()) {
            case ARRAY -> value.isEmpty() ? "an empty array" : "an array";
            case OBJECT -> "an object";
            case STRING -> quote(value.textValue());
            case MISSING -> "nothing";
            default -> value.asText();
        };
    }

    /** A client's string in quotes, cut where it is long. */
    static String quote(String text) {
        String shown = text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
        return "'" + Json.wellFormed(shown) + "'";
    }

    private static String show(double bound) {
        return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
    }
}
