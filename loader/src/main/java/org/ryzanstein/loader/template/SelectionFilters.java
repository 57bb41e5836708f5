package org.ryzanstein.loader.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters that pass over elements one by one: {@code map}, {@code select}, {@code reject} and their kin. */
final class SelectionFilters {
    private SelectionFilters() {}

    static void register(Map<String, Filters.Filter> filters) {
        filters.put("map", SelectionFilters::map);
        filters.put("select", (budget, value, a) -> pick(budget, value, a, null, true));
        filters.put("reject", (budget, value, a) -> pick(budget, value, a, null, false));
        filters.put("selectattr", (budget, value, a) -> pickByAttribute("selectattr", budget, value, a, true));
        filters.put("rejectattr", (budget, value, a) -> pickByAttribute("rejectattr", budget, value, a, false));
        filters.put("attr", SelectionFilters::attribute);
    }

    /** The elements of a value; what counts as false, such as {@code none}, has none. */
    private static List<Value> elements(Budget budget, Value value) {
        return Operators.truth(value) ? Operators.iterate(budget, value) : new ArrayList<>();
    }

    private static Value map(Budget budget, Value value, Arguments arguments) {
        List<Value> items = elements(budget, value);
        if (arguments.positional().isEmpty()) {
            Arguments.Bound bound = arguments.bind("filter map", "attribute", "default");
            SequenceFilters.Key key = new SequenceFilters.Key(budget, bound.required(0), true);
            Value otherwise = bound.get(1);
            items.replaceAll(item -> {
                Value part = key.part(item);
                return part instanceof Value.Undefined && otherwise != null ? otherwise : part;
            });
            return Value.Sequence.list(items);
        }
        String name = name("filter map", arguments);
        Arguments rest = arguments.from(1);
        items.replaceAll(item -> Filters.apply(budget, name, item, rest));
        return Value.Sequence.list(items);
    }

    private static String name(String what, Arguments arguments) {
        if (!(arguments.positional().getFirst() instanceof Value.Str s)) {
            throw Failure.of(what + ": found a name of type "
                    + arguments.positional().getFirst().typeName() + ", expected a string");
        }
        return s.chars();
    }

    private static Value pickByAttribute(
            String filter, Budget budget, Value value, Arguments arguments, boolean wanted) {
        if (arguments.positional().isEmpty()) {
            throw Failure.of("filter " + filter + " needs an attribute");
        }
        SequenceFilters.Key key =
                new SequenceFilters.Key(budget, arguments.positional().getFirst(), true);
        return pick(budget, value, arguments.from(1), key, wanted);
    }

    /** The elements that pass a test, or that do not; without a test, those that are true. */
    private static Value pick(
            Budget budget, Value value, Arguments arguments, SequenceFilters.@Nullable Key key, boolean wanted) {
        boolean tests = !arguments.positional().isEmpty();
        String test = tests ? name("filter select", arguments) : "";
        Arguments rest = arguments.from(1);
        List<Value> kept = new ArrayList<>();
        for (Value item : elements(budget, value)) {
            Value part = key == null ? item : key.part(item);
            boolean passes = tests ? Tests.passes(budget, test, part, rest) : Operators.truth(part);
            if (passes == wanted) {
                kept.add(item);
            }
        }
        return Value.Sequence.list(kept);
    }

    private static Value attribute(Budget budget, Value value, Arguments arguments) {
        String name = arguments.bind("filter attr", "name").requiredText(0).chars();
        return Attributes.attribute(budget, value, name);
    }
}
