package org.ryzanstein.loader.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters that look at the elements of a value as a whole. */
final class SequenceFilters {
    private SequenceFilters() {}

    static void register(Map<String, Filters.Filter> filters) {
        filters.put("length", SequenceFilters::length);
        filters.put("count", SequenceFilters::length);
        filters.put("default", SequenceFilters::defaultValue);
        filters.put("d", SequenceFilters::defaultValue);
        filters.put("first", (budget, value, _) -> edge(budget, value, true));
        filters.put("last", (budget, value, _) -> edge(budget, value, false));
        filters.put("list", (budget, value, _) -> Value.Sequence.list(Operators.iterate(budget, value)));
        filters.put("reverse", SequenceFilters::reverse);
        filters.put("join", SequenceFilters::join);
        filters.put("items", SequenceFilters::items);
        filters.put("dictsort", SequenceFilters::dictSort);
        filters.put("sort", SequenceFilters::sort);
        filters.put("unique", SequenceFilters::unique);
        filters.put("min", (budget, value, a) -> extreme("min", budget, value, a));
        filters.put("max", (budget, value, a) -> extreme("max", budget, value, a));
        filters.put("sum", SequenceFilters::sum);
    }

    private static Value length(Budget budget, Value value, Arguments arguments) {
        arguments.bind("filter length");
        return Value.Int.of(
                switch (value) {
                    case Value.Str s -> {
                        budget.scan(s.chars().length());
                        yield s.chars().codePointCount(0, s.chars().length());
                    }
                    case Value.Sequence s -> s.items().size();
                    case Value.Dict d -> d.entries().size();
                    case Value.Undefined _ -> 0;
                    case Value v -> throw Failure.of("object of type '" + v.typeName() + "' has no len()");
                });
    }

    private static Value defaultValue(Budget budget, Value value, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("filter default", "default_value", "boolean");
        boolean missing = value instanceof Value.Undefined || (bound.flag(1, false) && !Operators.truth(value));
        Value given = bound.get(0);
        return !missing ? value : given == null ? Value.Str.EMPTY : given;
    }

    private static Value edge(Budget budget, Value value, boolean first) {
        List<Value> items = value instanceof Value.Sequence s ? s.items() : Operators.iterate(budget, value);
        if (items.isEmpty()) {
            return new Value.Undefined("No " + (first ? "first" : "last") + " item, sequence was empty.");
        }
        return first ? items.getFirst() : items.getLast();
    }

    private static Value reverse(Budget budget, Value value, Arguments arguments) {
        arguments.bind("filter reverse");
        List<Value> items = Operators.iterate(budget, value);
        Collections.reverse(items);
        return value instanceof Value.Str
                ? Value.Str.of(Strings.join(budget, Text.EMPTY, items))
                : Value.Sequence.list(items);
    }

    private static Value join(Budget budget, Value value, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("filter join", "d", "attribute");
        Value given = bound.get(0);
        Text separator = given == null ? Text.EMPTY : Repr.str(budget, given);
        Key key = new Key(budget, bound.get(1), true);
        List<Value> items = Operators.iterate(budget, value);
        items.replaceAll(key::part);
        return Value.Str.of(Strings.join(budget, separator, items));
    }

    private static Value items(Budget budget, Value value, Arguments arguments) {
        arguments.bind("filter items");
        return switch (value) {
            case Value.Undefined _ -> Value.Sequence.list(new ArrayList<>());
            case Value.Dict d -> Methods.items(budget, d);
            case Value v -> throw Failure.of("Can only get item pairs from a mapping, found " + v.typeName());
        };
    }

    private static Value dictSort(Budget budget, Value value, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("filter dictsort", "case_sensitive", "by", "reverse");
        if (!(value instanceof Value.Dict dict)) {
            throw Failure.of("filter dictsort: found " + value.typeName() + ", expected a dict");
        }
        Text by = bound.text(1);
        int position = switch (by == null ? "key" : by.chars()) {
            case "key" -> 0;
            case "value" -> 1;
            case String other -> throw Failure.of("filter dictsort: by '" + other + "', expected 'key' or 'value'");
        };
        List<Value> items = ((Value.Sequence) Methods.items(budget, dict)).items();
        return sorted(
                budget, items, new Key(budget, Value.Int.of(position), bound.flag(0, false)), bound.flag(2, false));
    }

    private static Value sort(Budget budget, Value value, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("filter sort", "reverse", "case_sensitive", "attribute");
        Key key = new Key(budget, bound.get(2), bound.flag(1, false));
        return sorted(budget, Operators.iterate(budget, value), key, bound.flag(0, false));
    }

    private static Value sorted(Budget budget, List<Value> items, Key key, boolean reverse) {
        Comparator<Value> order = (a, b) -> Operators.order(budget, "<", key.of(a), key.of(b), 0);
        try {
            items.sort(reverse ? order.reversed() : order);
        } catch (IllegalArgumentException inconsistent) {
            throw new Failure(TemplateException.Kind.FAILED, 0, "sort: the items have no order");
        }
        return Value.Sequence.list(items);
    }

    private static Value unique(Budget budget, Value value, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("filter unique", "case_sensitive", "attribute");
        Key key = new Key(budget, bound.get(1), bound.flag(0, false));
        Value.Dict seen = Value.Dict.empty();
        List<Value> kept = new ArrayList<>();
        for (Value item : Operators.iterate(budget, value)) {
            Value part = key.of(item);
            if (seen.get(budget, part) == null) {
                seen.put(budget, part, Value.None.NONE);
                kept.add(item);
            }
        }
        return Value.Sequence.list(kept);
    }

    private static Value extreme(String name, Budget budget, Value value, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("filter " + name, "case_sensitive", "attribute");
        Key key = new Key(budget, bound.get(1), bound.flag(0, false));
        String operator = name.equals("min") ? "<" : ">";
        Value best = null;
        for (Value item : Operators.iterate(budget, value)) {
            if (best == null || Operators.compare(budget, operator, key.of(item), key.of(best))) {
                best = item;
            }
        }
        return best == null ? new Value.Undefined("No aggregated item, sequence was empty.") : best;
    }

    private static Value sum(Budget budget, Value value, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("filter sum", "attribute", "start");
        Key key = new Key(budget, bound.get(0), true);
        Value start = bound.get(1);
        Value sum = start == null ? Value.Int.of(0) : start;
        for (Value item : Operators.iterate(budget, value)) {
            sum = Operators.arithmetic(budget, "+", sum, key.part(item));
        }
        return sum;
    }

    /** What elements are ordered, joined or compared by: themselves, or an attribute of theirs. */
    static final class Key {
        private final Budget budget;
        private final List<Value> path = new ArrayList<>();
        private final boolean caseSensitive;

        /** {@code attribute} is a position, a name, or names and positions joined by dots. */
        Key(Budget budget, @Nullable Value attribute, boolean caseSensitive) {
            this.budget = budget;
            this.caseSensitive = caseSensitive;
            switch (attribute) {
                case null -> {}
                case Value.None _ -> {}
                case Value.Str s -> {
                    for (Value part : Strings.split(budget, s.text(), Text.own("."), -1)) {
                        path.add(position((Value.Str) part));
                    }
                }
                case Value v -> path.add(v);
            }
        }

        private static Value position(Value.Str part) {
            String chars = part.chars();
            boolean digits =
                    !chars.isEmpty() && chars.length() < 9 && chars.chars().allMatch(c -> c >= '0' && c <= '9');
            return digits ? Value.Int.of(Integer.parseInt(chars)) : part;
        }

        /** The attribute of an element. */
        Value part(Value item) {
            Value part = item;
            for (Value step : path) {
                part = Attributes.subscript(budget, part, step);
            }
            return part;
        }

        /** The attribute, in small letters where case does not matter. */
        Value of(Value item) {
            Value part = part(item);
            return !caseSensitive && part instanceof Value.Str s ? Value.Str.of(Strings.lower(budget, s.text())) : part;
        }
    }
}
