package org.ryzanstein.loader.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The methods of lists and dicts, and the way to those of strings. Lists and dicts of a template are its own copies, so
 * that a method that changes them does not reach the caller's.
 */
final class Methods {
    /** What a method does to its receiver. */
    interface Method<T extends Value> {
        Value call(Budget budget, T receiver, Arguments arguments);
    }

    private static final Map<String, Method<Value.Sequence>> LIST = Map.of(
            "append", Methods::append,
            "extend", Methods::extend,
            "insert", Methods::insert,
            "pop", Methods::popItem,
            "index", Methods::index,
            "count", Methods::count,
            "copy", (budget, list, _) -> Value.Sequence.list(Operators.iterate(budget, list)));

    private static final Set<String> TUPLE = Set.of("index", "count");

    private static final Map<String, Method<Value.Dict>> DICT = Map.of(
            "get", Methods::get,
            "keys", (budget, dict, _) -> Value.Sequence.list(Operators.iterate(budget, dict)),
            "values", Methods::values,
            "items", (budget, dict, _) -> items(budget, dict),
            "pop", Methods::popEntry,
            "setdefault", Methods::setDefault,
            "update", Methods::update,
            "copy", Methods::copy);

    private static final Set<String> LOOP = Set.of("cycle", "changed");

    private Methods() {}

    /** Whether any type has a method of this name. */
    static boolean known(String name) {
        return StringMethods.get(name) != null
                || LIST.containsKey(name)
                || DICT.containsKey(name)
                || LOOP.contains(name);
    }

    /** The method of a value, ready to be called, or null. */
    static @Nullable Value bind(Budget budget, Value receiver, String name) {
        return switch (receiver) {
            case Value.Str s -> bind(budget, s, name, StringMethods.get(name));
            case Value.Sequence s when s.tuple() && !TUPLE.contains(name) -> null;
            case Value.Sequence s -> bind(budget, s, name, LIST.get(name));
            case Value.Dict d -> bind(budget, d, name, DICT.get(name));
            default -> null;
        };
    }

    private static <T extends Value> @Nullable Value bind(
            Budget budget, T receiver, String name, @Nullable Method<T> method) {
        return method == null ? null : new Value.Function(name, arguments -> method.call(budget, receiver, arguments));
    }

    private static Value append(Budget budget, Value.Sequence list, Arguments arguments) {
        Value item = arguments.bind("append", "object").required(0);
        budget.elements(1);
        list.items().add(item);
        return Value.None.NONE;
    }

    private static Value extend(Budget budget, Value.Sequence list, Arguments arguments) {
        list.items()
                .addAll(Operators.iterate(
                        budget, arguments.bind("extend", "iterable").required(0)));
        return Value.None.NONE;
    }

    private static Value insert(Budget budget, Value.Sequence list, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("insert", "index", "object");
        int size = list.items().size();
        int at = bound.integer(0, 0);
        budget.elements(1);
        budget.scan(size);
        list.items().add(Math.clamp(at < 0 ? (long) at + size : at, 0, size), bound.required(1));
        return Value.None.NONE;
    }

    private static Value popItem(Budget budget, Value.Sequence list, Arguments arguments) {
        int at = arguments.bind("pop", "index").integer(0, -1);
        int size = list.items().size();
        int offset = at < 0 ? at + size : at;
        if (offset < 0 || offset >= size) {
            throw Failure.of(size == 0 ? "pop from empty list" : "pop index out of range");
        }
        budget.scan(size);
        return list.items().remove(offset);
    }

    private static Value index(Budget budget, Value.Sequence list, Arguments arguments) {
        Value wanted = arguments.bind("index", "value").required(0);
        for (int i = 0; i < list.items().size(); i++) {
            if (Operators.equal(budget, list.items().get(i), wanted)) {
                return Value.Int.of(i);
            }
        }
        throw Failure.of("index: value is not in list");
    }

    private static Value count(Budget budget, Value.Sequence list, Arguments arguments) {
        Value wanted = arguments.bind("count", "value").required(0);
        return Value.Int.of(list.items().stream()
                .filter(item -> Operators.equal(budget, item, wanted))
                .count());
    }

    private static Value get(Budget budget, Value.Dict dict, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("get", "key", "default");
        Value found = dict.get(budget, bound.required(0));
        Value otherwise = bound.get(1);
        return found != null ? found : otherwise != null ? otherwise : Value.None.NONE;
    }

    private static Value values(Budget budget, Value.Dict dict, Arguments arguments) {
        arguments.bind("values");
        budget.elements(dict.entries().size());
        return Value.Sequence.list(new ArrayList<>(dict.entries().values()));
    }

    /** The pairs of key and value. */
    static Value items(Budget budget, Value.Dict dict) {
        budget.elements(3L * dict.entries().size());
        List<Value> items = new ArrayList<>();
        dict.entries().forEach((key, value) -> items.add(Value.Sequence.tuple(key, value)));
        return Value.Sequence.list(items);
    }

    private static Value popEntry(Budget budget, Value.Dict dict, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("pop", "key", "default");
        Value key = bound.required(0);
        Value found = dict.get(budget, key);
        Value otherwise = bound.get(1);
        if (found == null && otherwise == null) {
            throw Failure.of("pop: no key " + Repr.repr(budget, key).chars());
        }
        dict.entries().remove(key);
        return found != null ? found : otherwise != null ? otherwise : Value.None.NONE;
    }

    private static Value setDefault(Budget budget, Value.Dict dict, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("setdefault", "key", "default");
        Value found = dict.get(budget, bound.required(0));
        if (found != null) {
            return found;
        }
        Value value = bound.get(1);
        Value set = value == null ? Value.None.NONE : value;
        dict.put(budget, bound.required(0), set);
        return set;
    }

    private static Value copy(Budget budget, Value.Dict dict, Arguments arguments) {
        arguments.bind("copy");
        budget.elements(dict.entries().size());
        return new Value.Dict(new LinkedHashMap<>(dict.entries()));
    }

    private static Value update(Budget budget, Value.Dict dict, Arguments arguments) {
        for (Value value : arguments.positional()) {
            if (!(value instanceof Value.Dict other)) {
                throw Failure.of("update: found " + value.typeName() + ", expected a dict");
            }
            new ArrayList<>(other.entries().entrySet()).forEach(e -> dict.put(budget, e.getKey(), e.getValue()));
        }
        arguments.named().forEach((name, value) -> dict.put(budget, Value.Str.own(name), value));
        return Value.None.NONE;
    }
}
