package org.ryzanstein.loader.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * A value in a JSON file together with where it stands, so that every refusal can name it. Typed getters refuse another
 * type; a missing field and {@code null} are the same.
 *
 * @param file the file, for messages
 * @param path the way from the file's root, such as {@code pre_tokenizer.pretokenizers[1].type}; empty for the root
 */
record JsonField(String file, String path, JsonNode node) {

    static JsonField missing(String file) {
        return new JsonField(file, "", MissingNode.getInstance());
    }

    /** A member of this object; missing if this is missing. */
    JsonField get(String name) {
        if (isPresent() && !node.isObject()) {
            throw refused("an object");
        }
        return new JsonField(file, path.isEmpty() ? name : path + "." + name, node.path(name));
    }

    boolean isPresent() {
        return !node.isMissingNode() && !node.isNull();
    }

    boolean isText() {
        return node.isTextual();
    }

    boolean isList() {
        return node.isArray();
    }

    String text() {
        if (!node.isTextual()) {
            throw refused("a string");
        }
        return node.textValue();
    }

    boolean bool(boolean whenMissing) {
        return flag().orElse(whenMissing);
    }

    Optional<Boolean> flag() {
        if (!isPresent()) {
            return Optional.empty();
        }
        if (!node.isBoolean()) {
            throw refused("true or false");
        }
        return Optional.of(node.booleanValue());
    }

    /** A token id below {@code limit}. */
    int id(int limit) {
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0 || node.intValue() >= limit) {
            throw refused("a token id from 0 to " + (limit - 1));
        }
        return node.intValue();
    }

    /** The names of this object's members; none if it is missing. */
    List<String> names() {
        if (isPresent() && !node.isObject()) {
            throw refused("an object");
        }
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** The elements of this list; none if it is missing. */
    List<JsonField> elements() {
        if (isPresent() && !node.isArray()) {
            throw refused("a list");
        }
        List<JsonField> elements = new ArrayList<>(node.size());
        for (int i = 0; i < node.size(); i++) {
            elements.add(new JsonField(file, path + "[" + i + "]", node.get(i)));
        }
        return elements;
    }

    /** This field's value is not the expected one. */
    ModelFormatException refused(String expected) {
        String found = node.isMissingNode() ? "nothing" : Messages.quote(node.toString());
        return ModelFormatException.of(file, path.isEmpty() ? "the file" : path, found, expected);
    }

    /** Refuses any other value than {@code null}, nothing, or the empty string. */
    void requireNone() {
        if (isPresent() && !(node.isTextual() && node.textValue().isEmpty())) {
            throw refused("null");
        }
    }

    /** Refuses any other value than this whole number. */
    void requireNumber(int expected) {
        if (!node.isIntegralNumber() || node.intValue() != expected) {
            throw refused(Integer.toString(expected));
        }
    }

    /** Refuses {@code true}. */
    void requireFalse() {
        if (bool(false)) {
            throw refused("false");
        }
    }
}
