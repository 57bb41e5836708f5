package org.ryzanstein.loader.template;

import java.math.BigInteger;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The functions that every template can call. */
final class Functions {
    /** The longest range, as in Jinja2's sandbox. */
    private static final int MAX_RANGE = 100_000;

    private static final Set<String> NAMES =
            Set.of("range", "namespace", "dict", "joiner", "raise_exception", "strftime_now");

    private Functions() {}

    static boolean known(String name) {
        return NAMES.contains(name);
    }

    /** A function of the engine, or null. */
    static @Nullable Value get(Budget budget, Clock clock, String name) {
        Value.Function.@Nullable Body body = switch (name) {
            case "range" -> a -> range(budget, a);
            case "namespace" -> a -> namespace(budget, a);
            case "dict" -> a -> dict(budget, a);
            case "joiner" -> Functions::joiner;
            case "raise_exception" -> a -> raise(budget, a);
            case "strftime_now" -> a -> now(clock, a);
            default -> null;
        };
        return body == null ? null : new Value.Function(name, body);
    }

    private static Value range(Budget budget, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("range", "start", "stop", "step");
        BigInteger first = integer(bound.required(0));
        Value second = bound.get(1);
        BigInteger start = second == null ? BigInteger.ZERO : first;
        BigInteger stop = second == null ? first : integer(second);
        Value third = bound.get(2);
        BigInteger step = third == null ? BigInteger.ONE : integer(third);
        if (step.signum() == 0) {
            throw Failure.of("range: step is zero");
        }
        BigInteger distance = stop.subtract(start);
        int size = distance.signum() * step.signum() <= 0
                ? 0
                : Arguments.clamp(
                        distance.abs().add(step.abs()).subtract(BigInteger.ONE).divide(step.abs()));
        if (size > MAX_RANGE) {
            throw Failure.limit("range of more than " + MAX_RANGE + " numbers");
        }
        budget.elements(size);
        List<Value> numbers = new ArrayList<>(size);
        BigInteger number = start;
        for (int i = 0; i < size; i++) {
            numbers.add(new Value.Int(number));
            number = number.add(step);
        }
        return Value.Sequence.list(numbers);
    }

    private static BigInteger integer(Value value) {
        if (value instanceof Value.Integral i) {
            return i.integer();
        }
        Operators.requireDefined(value);
        throw Failure.of("range: found " + value.typeName() + ", expected an integer");
    }

    private static Value namespace(Budget budget, Arguments arguments) {
        Map<String, Value> attributes = new LinkedHashMap<>();
        Value.Dict given = (Value.Dict) dict(budget, arguments);
        given.entries().forEach((key, value) -> {
            if (!(key instanceof Value.Str name)) {
                throw Failure.of("namespace: found a name of type " + key.typeName() + ", expected strings");
            }
            attributes.put(name.chars(), value);
        });
        return new Value.Namespace(attributes);
    }

    private static Value dict(Budget budget, Arguments arguments) {
        Value.Dict dict = Value.Dict.empty();
        for (Value value : arguments.positional()) {
            if (value instanceof Value.Dict other) {
                other.entries().forEach((key, item) -> dict.put(budget, key, item));
                continue;
            }
            for (Value pair : Operators.iterate(budget, value)) {
                List<Value> parts = Operators.iterate(budget, pair);
                if (parts.size() != 2) {
                    throw Failure.of("dict: found an item of " + parts.size() + " values, expected pairs");
                }
                dict.put(budget, parts.get(0), parts.get(1));
            }
        }
        arguments.named().forEach((name, value) -> dict.put(budget, Value.Str.own(name), value));
        return dict;
    }

    /** Gives nothing when first called, then its separator. */
    private static Value joiner(Arguments arguments) {
        Text given = arguments.bind("joiner", "sep").text(0);
        Value separator = given == null ? Value.Str.own(", ") : Value.Str.of(given);
        boolean[] used = {false};
        return new Value.Function("joiner", none -> {
            none.bind("joiner");
            boolean first = !used[0];
            used[0] = true;
            return first ? Value.Str.EMPTY : separator;
        });
    }

    private static Value raise(Budget budget, Arguments arguments) {
        Value message = arguments.bind("raise_exception", "message").required(0);
        throw new Failure(
                TemplateException.Kind.RAISED, 0, Repr.str(budget, message).chars());
    }

    private static Value now(Clock clock, Arguments arguments) {
        String format = arguments.bind("strftime_now", "format").requiredText(0).chars();
        return Value.Str.own(Strftime.format(ZonedDateTime.now(clock), format));
    }
}
