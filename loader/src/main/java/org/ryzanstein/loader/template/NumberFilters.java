package org.ryzanstein.loader.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Map;

/** Filters that make numbers. */
final class NumberFilters {
    private static final int DIGITS = 400;
    private static final int PRECISION = 300;

    private NumberFilters() {}

    static void register(Map<String, Filters.Filter> filters) {
        filters.put("int", NumberFilters::toInt);
        filters.put("float", NumberFilters::toFloat);
        filters.put("abs", NumberFilters::abs);
        filters.put("round", NumberFilters::round);
    }

    private static Value toInt(Budget budget, Value value, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("filter int", "default", "base");
        Value given = bound.get(0);
        Value otherwise = given == null ? Value.Int.of(0) : given;
        Operators.requireDefined(value);
        if (value instanceof Value.Numeric n) {
            return whole(n, otherwise);
        }
        if (!(value instanceof Value.Str s)) {
            return otherwise;
        }
        String digits = stripped(budget, s);
        int base = bound.integer(1, 10);
        if (base < 2 || base > Character.MAX_RADIX) {
            throw Failure.of("filter int: base " + base + ", expected 2 to " + Character.MAX_RADIX);
        }
        try {
            return new Value.Int(new BigInteger(withoutPrefix(digits, base), base));
        } catch (NumberFormatException notWhole) {
            return base == 10 && real(digits) instanceof Value.Real r ? whole(r, otherwise) : otherwise;
        }
    }

    private static Value whole(Value.Numeric number, Value otherwise) {
        BigInteger integer = number.integer();
        if (integer != null) {
            return new Value.Int(integer);
        }
        return Double.isFinite(number.real()) ? new Value.Int(new BigDecimal(number.real()).toBigInteger()) : otherwise;
    }

    /** The text of a number; empty where it is too long for one. */
    private static String stripped(Budget budget, Value.Str s) {
        String text = Strings.strip(budget, s.text(), null, true, true).chars();
        return text.length() > DIGITS ? "" : text.replace("_", "");
    }

    private static String withoutPrefix(String digits, int base) {
        String prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : "";
        return !prefix.isEmpty() && digits.regionMatches(true, 0, prefix, 0, 2) ? digits.substring(2) : digits;
    }

    /** A float, or none where the text is no number. */
    private static Value real(String text) {
        return text.matches("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{1,9})?")
                ? new Value.Real(Double.parseDouble(text))
                : Value.None.NONE;
    }

    private static Value toFloat(Budget budget, Value value, Arguments arguments) {
        Value given = arguments.bind("filter float", "default").get(0);
        Value otherwise = given == null ? new Value.Real(0) : given;
        Operators.requireDefined(value);
        if (value instanceof Value.Numeric n) {
            return new Value.Real(n.real());
        }
        return value instanceof Value.Str s && real(stripped(budget, s)) instanceof Value.Real r ? r : otherwise;
    }

    private static Value abs(Budget budget, Value value, Arguments arguments) {
        arguments.bind("filter abs");
        return switch (value) {
            case Value.Real r -> new Value.Real(Math.abs(r.value()));
            case Value.Integral i -> new Value.Int(i.integer().abs());
            case Value v -> throw notANumber("abs", v);
        };
    }

    private static Value round(Budget budget, Value value, Arguments arguments) {
        Arguments.Bound bound = arguments.bind("filter round", "precision", "method");
        int precision = Math.clamp(bound.integer(0, 0), -PRECISION, PRECISION);
        Text method = bound.text(1);
        RoundingMode mode = switch (method == null ? "common" : method.chars()) {
            case "common" -> RoundingMode.HALF_EVEN;
            case "ceil" -> RoundingMode.CEILING;
            case "floor" -> RoundingMode.FLOOR;
            case String other -> throw Failure.of("filter round: unknown method '" + other + "'");
        };
        return switch (value) {
            case Value.Integral i
            when mode == RoundingMode.HALF_EVEN ->
                new Value.Int(new BigDecimal(i.integer())
                        .setScale(Math.min(0, precision), mode)
                        .toBigInteger());
            case Value.Numeric n
            when Double.isFinite(n.real()) ->
                new Value.Real(
                        new BigDecimal(n.real()).setScale(precision, mode).doubleValue());
            case Value.Numeric n -> n;
            case Value v -> throw notANumber("round", v);
        };
    }

    private static Failure notANumber(String filter, Value value) {
        Operators.requireDefined(value);
        return Failure.of("filter " + filter + ": found " + value.typeName() + ", expected a number");
    }
}
