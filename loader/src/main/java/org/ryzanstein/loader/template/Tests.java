package org.ryzanstein.loader.template;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;

/** The tests that follow {@code is}. */
final class Tests {
    /** Whether a value passes. */
    interface Test {
        boolean passes(Budget budget, Value value, Arguments arguments);
    }

    private static final Map<String, Test> TESTS = new HashMap<>();

    static {
        type("defined", v -> !(v instanceof Value.Undefined));
        type("undefined", Value.Undefined.class::isInstance);
        type("none", Value.None.class::isInstance);
        type("boolean", Value.Bool.class::isInstance);
        type("true", v -> v instanceof Value.Bool b && b.value());
        type("false", v -> v instanceof Value.Bool b && !b.value());
        type("integer", Value.Int.class::isInstance);
        type("float", Value.Real.class::isInstance);
        type("number", Value.Numeric.class::isInstance);
        type("string", Value.Str.class::isInstance);
        type("mapping", Value.Dict.class::isInstance);
        type("sequence", Tests::collection);
        type("iterable", Tests::collection);
        type("callable", Value.Function.class::isInstance);
        type("escaped", v -> v instanceof Value.Str s && s.safe());
        type("upper", v -> v instanceof Value.Str s && cased(s, true));
        type("lower", v -> v instanceof Value.Str s && cased(s, false));
        type("filter", v -> v instanceof Value.Str s && Filters.known(s.chars()));
        type("test", v -> v instanceof Value.Str s && known(s.chars()));
        type("even", v -> remainder(v, Value.Int.of(2)).signum() == 0);
        type("odd", v -> remainder(v, Value.Int.of(2)).signum() != 0);
        TESTS.put(
                "divisibleby",
                (_, v, a) ->
                        remainder(v, a.bind("divisibleby", "num").required(0)).signum() == 0);
        TESTS.put("sameas", Tests::same);
        TESTS.put(
                "in",
                (budget, v, a) -> Operators.contains(budget, a.bind("in", "seq").required(0), v));
        comparison("==", "eq", "equalto");
        comparison("!=", "ne");
        comparison("<", "lt", "lessthan");
        comparison("<=", "le");
        comparison(">", "gt", "greaterthan");
        comparison(">=", "ge");
    }

    private Tests() {}

    private interface Predicate {
        boolean test(Value value);
    }

    private static void type(String name, Predicate predicate) {
        TESTS.put(name, (_, value, arguments) -> {
            arguments.bind(name);
            return predicate.test(value);
        });
    }

    private static void comparison(String operator, String... names) {
        Test test = (budget, value, arguments) -> Operators.compare(
                budget, operator, value, arguments.bind(names[0], "other").required(0));
        TESTS.put(operator, test);
        for (String name : names) {
            TESTS.put(name, test);
        }
    }

    static boolean known(String name) {
        return TESTS.containsKey(name);
    }

    static boolean passes(Budget budget, String name, Value value, Arguments arguments) {
        Test test = TESTS.get(name);
        if (test == null) {
            throw Failure.of("unknown test '" + name + "'");
        }
        return test.passes(budget, value, arguments);
    }

    private static boolean collection(Value value) {
        return switch (value) {
            case Value.Str _, Value.Sequence _, Value.Dict _, Value.Undefined _ -> true;
            default -> false;
        };
    }

    /** Whether there are letters, and all of them are of one case. */
    static boolean cased(Value.Str s, boolean upper) {
        boolean any = s.chars().codePoints().anyMatch(c -> Character.isUpperCase(c) || Character.isLowerCase(c));
        return any
                && s.chars().codePoints().noneMatch(c -> upper ? Character.isLowerCase(c) : Character.isUpperCase(c));
    }

    private static BigInteger remainder(Value value, Value divisor) {
        if (value instanceof Value.Integral a && divisor instanceof Value.Integral b) {
            if (b.integer().signum() == 0) {
                throw Failure.of("division by zero");
            }
            return a.integer().remainder(b.integer());
        }
        Operators.requireDefined(value);
        throw Failure.of("remainder of " + value.typeName() + " and " + divisor.typeName() + ", expected integers");
    }

    private static boolean same(Budget budget, Value value, Arguments arguments) {
        Value other = arguments.bind("sameas", "other").required(0);
        boolean immutable = value instanceof Value.Numeric || value instanceof Value.Str || value instanceof Value.None;
        return immutable
                ? value.getClass() == other.getClass() && Operators.equal(budget, value, other)
                : Operators.identical(value, other);
    }
}
