package org.ryzanstein.loader.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Filters that make text. */
final class TextFilters {
    private static final int MAX_INDENT = 1000;

    private TextFilters() {}

    static void register(Map<String, Filters.Filter> filters) {
        plain(filters, "upper", Strings::upper);
        plain(filters, "lower", Strings::lower);
        plain(filters, "capitalize", Strings::capitalize);
        plain(
                filters,
                "title",
                (budget, text) -> Strings.title(budget, text, c -> "-({[<".indexOf(c) >= 0 || Chars.isSpace(c)));
        plain(filters, "string", (_, text) -> text);
        filters.put("safe", (budget, value, _) -> new Value.Str(Repr.str(budget, value), true));
        filters.put("escape", TextFilters::escape);
        filters.put("e", TextFilters::escape);
        filters.put("trim", TextFilters::trim);
        filters.put("replace", TextFilters::replace);
        filters.put("indent", TextFilters::indent);
        filters.put("wordcount", TextFilters::wordCount);
        filters.put("format", TextFilters::format);
        filters.put("tojson", TextFilters::toJson);
        filters.put("from_json", TextFilters::fromJson);
    }

    private static void plain(
            Map<String, Filters.Filter> filters, String name, BiFunction<Budget, Text, Text> operation) {
        filters.put(name, (budget, value, arguments) -> {
            arguments.bind("filter " + name);
            return keep(value, operation.apply(budget, Repr.str(budget, value)));
        });
    }

    /** Text that stays safe where the value was. */
    private static Value keep(Value value, Text text) {
        return new Value.Str(text, value instanceof Value.Str s && s.safe());
    }

    private static Value escape(Budget budget, Value value, Arguments arguments) {
        arguments.bind("filter escape");
        boolean safe = value instanceof Value.Str s && s.safe();
        Text text = Repr.str(budget, value);
        return new Value.Str(safe ? text : Html.escape(budget, text), true);
    }

    private static Value trim(Budget budget, Value value, Arguments arguments) {
        Text set = arguments.bind("filter trim", "chars").text(0);
        return keep(value, Strings.strip(budget, Repr.str(budget, value), set, true, true));
    }

    private static Value replace(Budget budget, Value value, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("filter replace", "old", "new", "count");
        Text old = Repr.str(budget, bound.required(0));
        Text with = Repr.str(budget, bound.required(1));
        return keep(value, Strings.replace(budget, Repr.str(budget, value), old, with, bound.integer(2, -1)));
    }

    private static Value indent(Budget budget, Value value, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("filter indent", "width", "first", "blank");
        Text indention = bound.get(0) instanceof Value.Str s ? s.text() : Text.own(" ".repeat(width(bound, 0, 4)));
        boolean blank = bound.flag(2, false);
        Text text = Repr.str(budget, value);
        List<Value> lines = new ArrayList<>(Strings.lines(budget, text, false));
        if (text.isEmpty() || Chars.isLineBreak(text.chars().charAt(text.length() - 1))) {
            lines.add(Value.Str.EMPTY);
        }
        Text.Builder out = new Text.Builder(budget);
        for (int i = 0; i < lines.size(); i++) {
            Text line = ((Value.Str) lines.get(i)).text();
            if (i > 0) {
                out.append("\n", false);
            }
            if (i == 0 ? bound.flag(1, false) : blank || !line.isEmpty()) {
                out.append(indention);
            }
            out.append(line);
        }
        return keep(value, out.build());
    }

    private static int width(Arguments.Bound bound, int parameter, int otherwise) {
        int width = bound.integer(parameter, otherwise);
        if (width > MAX_INDENT) {
            throw Failure.limit("an indentation of more than " + MAX_INDENT);
        }
        return Math.max(0, width);
    }

    private static Value wordCount(Budget budget, Value value, Arguments arguments) {
        arguments.bind("filter wordcount");
        String chars = Repr.str(budget, value).chars();
        budget.scan(chars.length());
        int words = 0;
        boolean inside = false;
        for (int i = 0; i < chars.length(); i++) {
            boolean word = chars.charAt(i) == '_' || Character.isLetterOrDigit(chars.charAt(i));
            words += word && !inside ? 1 : 0;
            inside = word;
        }
        return Value.Int.of(words);
    }

    private static Value format(Budget budget, Value value, Arguments arguments) {
        if (!arguments.named().isEmpty()) {
            throw Failure.of("filter format: named values, expected positional ones");
        }
        return keep(value, PercentFormat.format(budget, Repr.str(budget, value), arguments.positional()));
    }

    private static Value toJson(Budget budget, Value value, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("filter tojson", "ensure_ascii", "indent", "separators", "sort_keys");
        String indent = jsonIndent(bound);
        String item = indent == null ? ", " : ",";
        String key = ": ";
        Value separators = bound.get(2);
        if (separators != null && !(separators instanceof Value.None)) {
            List<Value> pair = Operators.iterate(budget, separators);
            if (pair.size() != 2
                    || !(pair.get(0) instanceof Value.Str first)
                    || !(pair.get(1) instanceof Value.Str second)) {
                throw Failure.of("filter tojson: separators, expected two strings");
            }
            item = first.chars();
            key = second.chars();
        }
        JsonWriter.Style style = new JsonWriter.Style(bound.flag(0, false), indent, item, key, bound.flag(3, false));
        return Value.Str.of(JsonWriter.write(budget, value, style));
    }

    private static @Nullable String jsonIndent(Arguments.Bound bound) {
        return switch (bound.get(1)) {
            case null -> null;
            case Value.None _ -> null;
            case Value.Str s -> s.chars();
            case Value.Integral _ -> " ".repeat(width(bound, 1, 0));
            case Value v -> throw Failure.of("filter tojson: indent of type " + v.typeName());
        };
    }

    private static Value fromJson(Budget budget, Value value, Arguments arguments) {
        arguments.bind("filter from_json");
        if (!(value instanceof Value.Str s)) {
            throw Failure.of("filter from_json: found " + value.typeName() + ", expected a string");
        }
        return JsonReader.read(budget, s.text());
    }
}
