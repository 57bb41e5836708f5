package org.ryzanstein.loader.template;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The methods of strings. What they make of a string marked safe stays safe. */
final class StringMethods {
    private static final Map<String, Methods.Method<Value.Str>> METHODS = new HashMap<>();

    static {
        METHODS.put("upper", (budget, s, a) -> plain("upper", a, s, Strings.upper(budget, s.text())));
        METHODS.put("lower", (budget, s, a) -> plain("lower", a, s, Strings.lower(budget, s.text())));
        METHODS.put("capitalize", (budget, s, a) -> plain("capitalize", a, s, Strings.capitalize(budget, s.text())));
        METHODS.put(
                "title",
                (budget, s, a) -> plain(
                        "title", a, s, Strings.title(budget, s.text(), previous -> !Character.isLetter(previous))));
        METHODS.put("strip", (budget, s, a) -> strip("strip", budget, s, a, true, true));
        METHODS.put("lstrip", (budget, s, a) -> strip("lstrip", budget, s, a, true, false));
        METHODS.put("rstrip", (budget, s, a) -> strip("rstrip", budget, s, a, false, true));
        METHODS.put("split", StringMethods::split);
        METHODS.put("rsplit", StringMethods::splitFromEnd);
        METHODS.put("splitlines", StringMethods::splitLines);
        METHODS.put("partition", (budget, s, a) -> partition("partition", budget, s, a, false));
        METHODS.put("rpartition", (budget, s, a) -> partition("rpartition", budget, s, a, true));
        METHODS.put("replace", StringMethods::replace);
        METHODS.put("join", StringMethods::join);
        METHODS.put("format", (budget, s, a) -> keep(s, Strings.format(budget, s.text(), a)));
        METHODS.put("startswith", (budget, s, a) -> affix("startswith", budget, s, a, true));
        METHODS.put("endswith", (budget, s, a) -> affix("endswith", budget, s, a, false));
        METHODS.put("removeprefix", (budget, s, a) -> remove("removeprefix", budget, s, a, true));
        METHODS.put("removesuffix", (budget, s, a) -> remove("removesuffix", budget, s, a, false));
        METHODS.put("find", StringMethods::find);
        METHODS.put("rfind", StringMethods::findLast);
        METHODS.put("index", StringMethods::index);
        METHODS.put("count", StringMethods::count);
        METHODS.put("isdigit", (budget, s, a) -> all("isdigit", budget, s, a, Character::isDigit));
        METHODS.put("isnumeric", (budget, s, a) -> all("isnumeric", budget, s, a, Character::isDigit));
        METHODS.put("isalpha", (budget, s, a) -> all("isalpha", budget, s, a, Character::isLetter));
        METHODS.put("isalnum", (budget, s, a) -> all("isalnum", budget, s, a, Character::isLetterOrDigit));
        METHODS.put("isspace", (budget, s, a) -> all("isspace", budget, s, a, Chars::isSpace));
        METHODS.put("isupper", (_, s, _) -> Value.Bool.of(Tests.cased(s, true)));
        METHODS.put("islower", (_, s, _) -> Value.Bool.of(Tests.cased(s, false)));
    }

    private StringMethods() {}

    static Methods.@Nullable Method<Value.Str> get(String name) {
        return METHODS.get(name);
    }

    private static Value keep(Value.Str receiver, Text text) {
        return new Value.Str(text, receiver.safe());
    }

    private static Value keep(Value.Str receiver, List<Value> parts) {
        if (receiver.safe()) {
            parts.replaceAll(part -> keep(receiver, ((Value.Str) part).text()));
        }
        return Value.Sequence.list(parts);
    }

    private static Value plain(String name, Arguments arguments, Value.Str receiver, Text text) {
        arguments.bind(name);
        return keep(receiver, text);
    }

    private static Value strip(
            String name, Budget budget, Value.Str s, Arguments arguments, boolean left, boolean right) {
        return keep(
                s, Strings.strip(budget, s.text(), arguments.bind(name, "chars").text(0), left, right));
    }

    private static Value split(Budget budget, Value.Str s, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("split", "sep", "maxsplit");
        Text separator = bound.text(0);
        int max = bound.integer(1, -1);
        return keep(
                s,
                separator == null
                        ? Strings.words(budget, s.text(), max)
                        : Strings.split(budget, s.text(), separator, max));
    }

    private static Value splitFromEnd(Budget budget, Value.Str s, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("rsplit", "sep", "maxsplit");
        Text separator = bound.text(0);
        int max = bound.integer(1, -1);
        if (separator == null && max >= 0) {
            throw Failure.of("rsplit with maxsplit needs its parameter 'sep'");
        }
        return keep(
                s,
                separator == null
                        ? Strings.words(budget, s.text(), -1)
                        : Strings.splitFromEnd(budget, s.text(), separator, max));
    }

    private static Value splitLines(Budget budget, Value.Str s, Arguments arguments) {
        return keep(
                s,
                Strings.lines(
                        budget,
                        s.text(),
                        arguments.bind("splitlines", "keepends").flag(0, false)));
    }

    private static Value partition(String name, Budget budget, Value.Str s, Arguments arguments, boolean last) {
        Text separator = arguments.bind(name, "sep").requiredText(0);
        List<Value> parts = last
                ? Strings.splitFromEnd(budget, s.text(), separator, 1)
                : Strings.split(budget, s.text(), separator, 1);
        if (parts.size() == 2) {
            return Value.Sequence.tuple(parts.getFirst(), Value.Str.of(separator), parts.getLast());
        }
        return last
                ? Value.Sequence.tuple(Value.Str.EMPTY, Value.Str.EMPTY, s)
                : Value.Sequence.tuple(s, Value.Str.EMPTY, Value.Str.EMPTY);
    }

    private static Value replace(Budget budget, Value.Str s, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("replace", "old", "new", "count");
        return keep(
                s,
                Strings.replace(budget, s.text(), bound.requiredText(0), bound.requiredText(1), bound.integer(2, -1)));
    }

    private static Value join(Budget budget, Value.Str s, Arguments arguments) {
        List<Value> items =
                Operators.iterate(budget, arguments.bind("join", "iterable").required(0));
        for (Value item : items) {
            if (!(item instanceof Value.Str)) {
                throw Failure.of("join: found an item of type " + item.typeName() + ", expected strings");
            }
        }
        return keep(s, Strings.join(budget, s.text(), items));
    }

    /** The strings that a prefix or suffix may be: one, or a tuple of them. */
    private static List<String> affixes(String name, Arguments arguments) {
        Arguments.Bound bound = arguments.bind(name, "affix");
        if (bound.required(0) instanceof Value.Sequence s && s.tuple()) {
            List<String> affixes = new ArrayList<>();
            for (Value item : s.items()) {
                affixes.add(new Arguments(List.of(item), Map.of())
                        .bind(name, "affix")
                        .requiredText(0)
                        .chars());
            }
            return affixes;
        }
        return List.of(bound.requiredText(0).chars());
    }

    private static Value affix(String name, Budget budget, Value.Str s, Arguments arguments, boolean prefix) {
        for (String affix : affixes(name, arguments)) {
            budget.scan(affix.length());
            if (prefix ? s.chars().startsWith(affix) : s.chars().endsWith(affix)) {
                return Value.Bool.TRUE;
            }
        }
        return Value.Bool.FALSE;
    }

    private static Value remove(String name, Budget budget, Value.Str s, Arguments arguments, boolean prefix) {
        String affix = arguments.bind(name, "affix").requiredText(0).chars();
        budget.scan(affix.length());
        int length = s.text().length();
        if (prefix && s.chars().startsWith(affix)) {
            return keep(s, s.text().slice(budget, affix.length(), length));
        }
        if (!prefix && s.chars().endsWith(affix)) {
            return keep(s, s.text().slice(budget, 0, length - affix.length()));
        }
        return s;
    }

    private static Value find(Budget budget, Value.Str s, Arguments arguments) {
        String part = arguments.bind("find", "sub").requiredText(0).chars();
        return offset(s, Search.indexOf(budget, s.chars(), part, 0));
    }

    private static Value findLast(Budget budget, Value.Str s, Arguments arguments) {
        Text part = arguments.bind("rfind", "sub").requiredText(0);
        if (part.isEmpty()) {
            return offset(s, s.text().length());
        }
        List<Value> parts = Strings.splitFromEnd(budget, s.text(), part, 1);
        return offset(
                s,
                parts.size() == 1 ? -1 : ((Value.Str) parts.getFirst()).text().length());
    }

    private static Value index(Budget budget, Value.Str s, Arguments arguments) {
        String part = arguments.bind("index", "sub").requiredText(0).chars();
        int found = Search.indexOf(budget, s.chars(), part, 0);
        if (found < 0) {
            throw Failure.of("index: substring not found");
        }
        return offset(s, found);
    }

    /** An offset counted in characters as Python counts them; -1 stays. */
    private static Value offset(Value.Str s, int found) {
        return Value.Int.of(found < 0 ? -1 : s.chars().codePointCount(0, found));
    }

    private static Value count(Budget budget, Value.Str s, Arguments arguments) {
        Text part = arguments.bind("count", "sub").requiredText(0);
        int characters = s.chars().codePointCount(0, s.chars().length());
        return Value.Int.of(
                part.isEmpty()
                        ? characters + 1L
                        : Strings.split(budget, s.text(), part, -1).size() - 1L);
    }

    private static Value all(String name, Budget budget, Value.Str s, Arguments arguments, IntPredicate predicate) {
        arguments.bind(name);
        budget.scan(s.chars().length());
        return Value.Bool.of(!s.text().isEmpty() && s.chars().codePoints().allMatch(predicate));
    }
}
