package org.ryzanstein.loader.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Reads JSON into values, for the filter {@code from_json}. */
final class JsonReader {
    private static final int NUMBER_LENGTH = 1000;

    private final Budget budget;
    private final String json;
    private final boolean fromInput;
    private int at;

    private JsonReader(Budget budget, Text json) {
        this.budget = budget;
        this.json = json.chars();
        this.fromInput = json.anyFromInput();
    }

    static Value read(Budget budget, Text json) {
        JsonReader reader = new JsonReader(budget, json);
        Value value = reader.value(0);
        reader.skipSpace();
        if (reader.at < reader.json.length()) {
            throw reader.wrong("the end");
        }
        return value;
    }

    private Failure wrong(String expected) {
        String found = at < json.length() ? "'" + json.charAt(at) + "'" : "the end";
        return Failure.of("from_json: found " + found + " at offset " + at + ", expected " + expected);
    }

    private void skipSpace() {
        while (at < json.length() && " \t\r\n".indexOf(json.charAt(at)) >= 0) {
            at++;
        }
    }

    private boolean skip(String s) {
        skipSpace();
        boolean found = json.startsWith(s, at);
        if (found) {
            at += s.length();
        }
        return found;
    }

    private void expect(String s) {
        if (!skip(s)) {
            throw wrong("'" + s + "'");
        }
    }

    private Value value(int depth) {
        budget.value(depth);
        if (skip("{")) {
            return dict(depth);
        }
        if (skip("[")) {
            return list(depth);
        }
        if (skip("\"")) {
            return string();
        }
        if (skip("true")) {
            return Value.Bool.TRUE;
        }
        if (skip("false")) {
            return Value.Bool.FALSE;
        }
        return skip("null") ? Value.None.NONE : number();
    }

    private Value dict(int depth) {
        Value.Dict dict = Value.Dict.empty();
        if (skip("}")) {
            return dict;
        }
        do {
            expect("\"");
            Value key = string();
            expect(":");
            dict.put(budget, key, value(depth + 1));
        } while (skip(","));
        expect("}");
        return dict;
    }

    private Value list(int depth) {
        List<Value> items = new ArrayList<>();
        if (skip("]")) {
            return Value.Sequence.list(items);
        }
        do {
            budget.elements(1);
            items.add(value(depth + 1));
        } while (skip(","));
        expect("]");
        return Value.Sequence.list(items);
    }

    private Value string() {
        StringBuilder out = new StringBuilder();
        while (at < json.length() && json.charAt(at) != '"') {
            char c = json.charAt(at++);
            if (c < ' ') {
                at--;
                throw wrong("an escape");
            }
            out.append(c == '\\' ? escape() : c);
        }
        expectQuote();
        budget.text(out.length());
        return Value.Str.of(Text.of(out.toString(), fromInput));
    }

    private void expectQuote() {
        if (at == json.length()) {
            throw wrong("'\"'");
        }
        at++;
    }

    private char escape() {
        if (at == json.length()) {
            throw wrong("an escape");
        }
        char c = json.charAt(at++);
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> unicode();
            default -> {
                at--;
                throw wrong("an escape");
            }
        };
    }

    private char unicode() {
        int code = 0;
        for (int i = 0; i < 4; i++) {
            int digit = at < json.length() ? Character.digit(json.charAt(at), 16) : -1;
            if (digit < 0) {
                throw wrong("a hex digit");
            }
            code = code * 16 + digit;
            at++;
        }
        return (char) code;
    }

    private Value number() {
        int begin = at;
        while (at < json.length() && "+-.eE0123456789".indexOf(json.charAt(at)) >= 0) {
            at++;
        }
        String number = json.substring(begin, at);
        boolean shaped = number.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");
        if (!shaped || number.length() > NUMBER_LENGTH) {
            at = begin;
            throw wrong("a value");
        }
        return number.matches("-?[0-9]+")
                ? new Value.Int(new BigInteger(number))
                : new Value.Real(Double.parseDouble(number));
    }
}
