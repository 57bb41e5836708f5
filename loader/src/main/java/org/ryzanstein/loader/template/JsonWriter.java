package org.ryzanstein.loader.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Python's {@code json.dumps}, as the filter {@code tojson} of Transformers calls it. */
final class JsonWriter {
    private final Budget budget;
    private final Style style;
    private final Text.Builder out;
    private boolean fromInput;

    /**
     * How JSON is written.
     *
     * @param ascii whether other characters than ASCII are escaped
     * @param indent the white space of one level, or null for one line
     * @param itemSeparator between elements
     * @param keySeparator between a key and its value
     */
    record Style(boolean ascii, @Nullable String indent, String itemSeparator, String keySeparator, boolean sortKeys) {}

    private JsonWriter(Budget budget, Style style) {
        this.budget = budget;
        this.style = style;
        this.out = new Text.Builder(budget);
    }

    /** The JSON of a value; if any string in it came from the conversation, the whole counts as such. */
    static Text write(Budget budget, Value value, Style style) {
        JsonWriter writer = new JsonWriter(budget, style);
        writer.value(value, 0);
        return Text.of(writer.out.build().chars(), writer.fromInput);
    }

    private void add(String s) {
        out.append(s, false);
    }

    private void value(Value value, int depth) {
        budget.value(depth);
        switch (value) {
            case Value.None _ -> add("null");
            case Value.Numeric n -> add(number(n));
            case Value.Str s -> string(s.text());
            case Value.Sequence s -> sequence(s, depth);
            case Value.Dict d -> dict(d, depth);
            case Value.Undefined _, Value.Namespace _, Value.Function _, Value.LoopState _ ->
                throw Failure.of("Object of type " + value.typeName() + " is not JSON serializable");
        }
    }

    private static String number(Value.Numeric number) {
        if (number instanceof Value.Bool b) {
            return b.value() ? "true" : "false";
        }
        double real = number.real();
        if (number.integer() == null && !Double.isFinite(real)) {
            return Double.isNaN(real) ? "NaN" : real > 0 ? "Infinity" : "-Infinity";
        }
        return Repr.number(number);
    }

    private void sequence(Value.Sequence sequence, int depth) {
        if (sequence.items().isEmpty()) {
            add("[]");
            return;
        }
        add("[");
        boolean first = true;
        for (Value item : sequence.items()) {
            next(first, depth + 1);
            first = false;
            value(item, depth + 1);
        }
        newLine(depth);
        add("]");
    }

    private void dict(Value.Dict dict, int depth) {
        if (dict.entries().isEmpty()) {
            add("{}");
            return;
        }
        add("{");
        boolean first = true;
        for (Map.Entry<Value, Value> entry : entries(dict)) {
            next(first, depth + 1);
            first = false;
            key(entry.getKey());
            add(style.keySeparator());
            value(entry.getValue(), depth + 1);
        }
        newLine(depth);
        add("}");
    }

    private List<Map.Entry<Value, Value>> entries(Value.Dict dict) {
        List<Map.Entry<Value, Value>> entries = new ArrayList<>(dict.entries().entrySet());
        if (style.sortKeys()) {
            entries.sort((a, b) -> Operators.order(budget, "<", a.getKey(), b.getKey(), 0));
        }
        return entries;
    }

    private void key(Value key) {
        switch (key) {
            case Value.Str s -> string(s.text());
            case Value.Numeric n -> string(Text.own(number(n)));
            case Value.None _ -> add("\"null\"");
            case Value v -> throw Failure.of("keys must be str, int, float, bool or None, not " + v.typeName());
        }
    }

    private void next(boolean first, int depth) {
        if (!first) {
            add(style.itemSeparator());
        }
        newLine(depth);
    }

    private void newLine(int depth) {
        if (style.indent() != null) {
            add("\n");
            for (int i = 0; i < depth; i++) {
                add(style.indent());
            }
        }
    }

    private void string(Text text) {
        fromInput |= text.anyFromInput();
        String chars = text.chars();
        budget.text(chars.length());
        StringBuilder escaped = new StringBuilder(chars.length() + 2);
        escaped.append('"');
        for (int i = 0; i < chars.length(); i++) {
            escape(escaped, chars.charAt(i));
        }
        add(escaped.append('"').toString());
    }

    private void escape(StringBuilder escaped, char c) {
        switch (c) {
            case '"' -> escaped.append("\\\"");
            case '\\' -> escaped.append("\\\\");
            case '\n' -> escaped.append("\\n");
            case '\r' -> escaped.append("\\r");
            case '\t' -> escaped.append("\\t");
            case '\b' -> escaped.append("\\b");
            case '\f' -> escaped.append("\\f");
            default -> {
                if (c < ' ' || (style.ascii() && c > '~')) {
                    escaped.append("\\u").append(Repr.hex(c, 4));
                } else {
                    escaped.append(c);
                }
            }
        }
    }
}
