package org.ryzanstein.loader.quantize;

import java.util.List;

/** Writes JSON, one member a line. */
final class JsonText {
    private final StringBuilder text = new StringBuilder();
    private int depth;
    private boolean first = true;

    JsonText begin() {
        separate();
        return open('{');
    }

    JsonText object(String name) {
        name(name);
        return open('{');
    }

    JsonText end() {
        return close('}');
    }

    JsonText array(String name) {
        name(name);
        return open('[');
    }

    JsonText endArray() {
        return close(']');
    }

    JsonText element(String value) {
        separate();
        quote(value);
        return this;
    }

    JsonText text(String name, String value) {
        name(name);
        quote(value);
        return this;
    }

    JsonText number(String name, long value) {
        name(name);
        text.append(value);
        return this;
    }

    /** A number; one that JSON cannot hold becomes null. */
    JsonText number(String name, double value) {
        name(name);
        text.append(Double.isFinite(value) ? Double.toString(value) : "null");
        return this;
    }

    JsonText flag(String name, boolean value) {
        name(name);
        text.append(value);
        return this;
    }

    JsonText numbers(String name, List<Long> values) {
        name(name);
        text.append(values);
        return this;
    }

    private JsonText open(char bracket) {
        text.append(bracket);
        depth++;
        first = true;
        return this;
    }

    private JsonText close(char bracket) {
        depth--;
        if (!first) {
            line();
        }
        text.append(bracket);
        first = false;
        return this;
    }

    private void name(String name) {
        separate();
        quote(name);
        text.append(": ");
    }

    private void separate() {
        if (!first) {
            text.append(',');
        }
        if (depth > 0) {
            line();
        }
        first = false;
    }

    private void line() {
        text.append('\n').append("  ".repeat(depth));
    }

    private void quote(String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ' || Character.isSurrogate(c)) {
                text.append(String.format("\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
