package org.ryzanstein.loader.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Truth, equality, order, arithmetic and membership, as in Python. */
final class Operators {
    private static final int MAX_EXPONENT = 4096;

    private Operators() {}

    static boolean truth(Value value) {
        return switch (value) {
            case Value.Undefined _ -> false;
            case Value.None _ -> false;
            case Value.Numeric n -> n.real() != 0;
            case Value.Str s -> !s.text().isEmpty();
            case Value.Sequence s -> !s.items().isEmpty();
            case Value.Dict d -> !d.entries().isEmpty();
            case Value.Namespace _, Value.Function _, Value.LoopState _ -> true;
        };
    }

    static boolean equal(Budget budget, Value a, Value b) {
        return equal(budget, a, b, 0);
    }

    private static boolean equal(Budget budget, Value a, Value b, int depth) {
        budget.value(depth);
        if (identical(a, b)) {
            return true;
        }
        return switch (a) {
            case Value.Undefined _ -> b instanceof Value.Undefined;
            case Value.Numeric n -> b instanceof Value.Numeric m && Value.Numeric.equal(n, m);
            case Value.Str s -> {
                budget.scan(s.chars().length());
                yield s.equals(b);
            }
            case Value.Sequence s -> b instanceof Value.Sequence t && equalItems(budget, s, t, depth);
            case Value.Dict d -> b instanceof Value.Dict e && equalEntries(budget, d, e, depth);
            case Value.None _, Value.Namespace _, Value.Function _, Value.LoopState _ -> false;
        };
    }

    /** Whether two values are one object. */
    @SuppressWarnings("ReferenceEquality")
    static boolean identical(Object a, Object b) {
        return a == b;
    }

    private static boolean equalItems(Budget budget, Value.Sequence a, Value.Sequence b, int depth) {
        if (a.tuple() != b.tuple() || a.items().size() != b.items().size()) {
            return false;
        }
        for (int i = 0; i < a.items().size(); i++) {
            if (!equal(budget, a.items().get(i), b.items().get(i), depth + 1)) {
                return false;
            }
        }
        return true;
    }

    private static boolean equalEntries(Budget budget, Value.Dict a, Value.Dict b, int depth) {
        if (a.entries().size() != b.entries().size()) {
            return false;
        }
        for (Map.Entry<Value, Value> entry : a.entries().entrySet()) {
            Value other = b.get(budget, entry.getKey());
            if (other == null || !equal(budget, entry.getValue(), other, depth + 1)) {
                return false;
            }
        }
        return true;
    }

    /** {@code a operator b} for {@code == != < <= > >= in} and {@code not in}. */
    static boolean compare(Budget budget, String operator, Value a, Value b) {
        return switch (operator) {
            case "==" -> equal(budget, a, b);
            case "!=" -> !equal(budget, a, b);
            case "in" -> contains(budget, b, a);
            case "not in" -> !contains(budget, b, a);
            default -> ordered(budget, operator, a, b);
        };
    }

    private static boolean ordered(Budget budget, String operator, Value a, Value b) {
        int order = order(budget, operator, a, b, 0);
        if (order == 2) {
            return false;
        }
        return switch (operator) {
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            case ">=" -> order >= 0;
            default -> throw new IllegalArgumentException(operator);
        };
    }

    /** -1, 0 or 1, or 2 where a float that is not a number has no order; {@code operator} is for messages. */
    static int order(Budget budget, String operator, Value a, Value b, int depth) {
        budget.value(depth);
        if (a instanceof Value.Numeric x && b instanceof Value.Numeric y) {
            return Value.Numeric.compare(x, y);
        }
        if (a instanceof Value.Str x && b instanceof Value.Str y) {
            budget.scan(Math.min(x.chars().length(), y.chars().length()));
            return codePointOrder(x.chars(), y.chars());
        }
        if (a instanceof Value.Sequence x && b instanceof Value.Sequence y && x.tuple() == y.tuple()) {
            int common = Math.min(x.items().size(), y.items().size());
            for (int i = 0; i < common; i++) {
                Value left = x.items().get(i);
                Value right = y.items().get(i);
                if (!equal(budget, left, right, depth + 1)) {
                    return order(budget, operator, left, right, depth + 1);
                }
            }
            return Integer.compare(x.items().size(), y.items().size());
        }
        requireDefined(a);
        requireDefined(b);
        throw Failure.of("'" + operator + "' not supported between instances of '" + a.typeName() + "' and '"
                + b.typeName() + "'");
    }

    private static int codePointOrder(String a, String b) {
        int common = Math.min(a.length(), b.length());
        for (int i = 0; i < common; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean bothOrNone = Character.isSurrogate(x) == Character.isSurrogate(y);
                return bothOrNone ? Integer.signum(x - y) : Character.isSurrogate(x) ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    static boolean contains(Budget budget, Value container, Value item) {
        return switch (container) {
            case Value.Str s -> {
                if (!(item instanceof Value.Str part)) {
                    requireDefined(item);
                    throw Failure.of("'in <string>' requires string as left operand, not " + item.typeName());
                }
                yield Search.indexOf(budget, s.chars(), part.chars(), 0) >= 0;
            }
            case Value.Sequence s -> {
                for (Value candidate : s.items()) {
                    if (equal(budget, candidate, item)) {
                        yield true;
                    }
                }
                yield false;
            }
            case Value.Dict d -> d.get(budget, item) != null;
            case Value.Undefined _ -> false;
            case Value v -> throw Failure.of("argument of type '" + v.typeName() + "' is not iterable");
        };
    }

    static Value arithmetic(Budget budget, String operator, Value a, Value b) {
        requireDefined(a);
        requireDefined(b);
        Value result = switch (operator) {
            case "+" -> add(budget, a, b);
            case "*" -> multiply(budget, a, b);
            case "%" -> a instanceof Value.Str s ? percent(budget, s, b) : numeric(operator, a, b);
            default -> numeric(operator, a, b);
        };
        if (result == null && operator.equals("+") && a instanceof Value.Str) {
            throw Failure.of("can only concatenate str (not \"" + b.typeName() + "\") to str");
        }
        if (result == null) {
            throw Failure.of("unsupported operand type(s) for " + operator + ": '" + a.typeName() + "' and '"
                    + b.typeName() + "'");
        }
        return result;
    }

    private static Value percent(Budget budget, Value.Str format, Value value) {
        List<Value> values = value instanceof Value.Sequence s && s.tuple() ? s.items() : List.of(value);
        return Value.Str.of(PercentFormat.format(budget, format.text(), values));
    }

    private static @Nullable Value add(Budget budget, Value a, Value b) {
        if (a instanceof Value.Str x && b instanceof Value.Str y) {
            boolean safe = x.safe() || y.safe();
            Text.Builder out = new Text.Builder(budget);
            out.append(safe && !x.safe() ? Html.escape(budget, x.text()) : x.text());
            out.append(safe && !y.safe() ? Html.escape(budget, y.text()) : y.text());
            return new Value.Str(out.build(), safe);
        }
        if (a instanceof Value.Sequence x && b instanceof Value.Sequence y && x.tuple() == y.tuple()) {
            budget.elements((long) x.items().size() + y.items().size());
            List<Value> items = new ArrayList<>(x.items());
            items.addAll(y.items());
            return new Value.Sequence(items, x.tuple());
        }
        return numeric("+", a, b);
    }

    private static @Nullable Value multiply(Budget budget, Value a, Value b) {
        if (b instanceof Value.Numeric n && !(a instanceof Value.Numeric)) {
            return repeat(budget, a, n);
        }
        if (a instanceof Value.Numeric n && !(b instanceof Value.Numeric)) {
            return repeat(budget, b, n);
        }
        return numeric("*", a, b);
    }

    private static @Nullable Value repeat(Budget budget, Value value, Value.Numeric times) {
        BigInteger integer = times.integer();
        if (integer == null) {
            return null;
        }
        int count = Math.max(0, Arguments.clamp(integer));
        if (value instanceof Value.Str s) {
            return new Value.Str(s.text().repeat(budget, count), s.safe());
        }
        if (value instanceof Value.Sequence s) {
            budget.elements((long) s.items().size() * count);
            List<Value> items = new ArrayList<>();
            for (int i = 0; i < count && !s.items().isEmpty(); i++) {
                items.addAll(s.items());
            }
            return new Value.Sequence(items, s.tuple());
        }
        return null;
    }

    private static @Nullable Value numeric(String operator, Value a, Value b) {
        if (!(a instanceof Value.Numeric x) || !(b instanceof Value.Numeric y)) {
            return null;
        }
        BigInteger i = x.integer();
        BigInteger j = y.integer();
        if (i != null && j != null && !operator.equals("/") && !(operator.equals("**") && j.signum() < 0)) {
            return new Value.Int(integer(operator, i, j));
        }
        return new Value.Real(real(operator, x.real(), y.real()));
    }

    private static BigInteger integer(String operator, BigInteger a, BigInteger b) {
        return switch (operator) {
            case "+" -> a.add(b);
            case "-" -> a.subtract(b);
            case "*" -> a.multiply(b);
            case "//" -> floorDivide(a, b);
            case "%" -> a.subtract(floorDivide(a, b).multiply(b));
            case "**" -> power(a, b);
            default -> throw new IllegalArgumentException(operator);
        };
    }

    private static BigInteger floorDivide(BigInteger a, BigInteger b) {
        if (b.signum() == 0) {
            throw Failure.of("division by zero");
        }
        BigInteger[] parts = a.divideAndRemainder(b);
        boolean down = parts[1].signum() != 0 && parts[1].signum() != b.signum();
        return down ? parts[0].subtract(BigInteger.ONE) : parts[0];
    }

    private static BigInteger power(BigInteger base, BigInteger exponent) {
        boolean trivial = base.bitLength() <= 1 && base.signum() >= 0;
        if (trivial) {
            return exponent.signum() == 0 ? BigInteger.ONE : base;
        }
        long bits = (long) base.bitLength() * Arguments.clamp(exponent);
        if (Arguments.clamp(exponent) > MAX_EXPONENT || bits > 2L * Value.Int.MAX_BITS) {
            throw Failure.limit("an integer of more than " + Value.Int.MAX_BITS + " bits");
        }
        return base.pow(exponent.intValue());
    }

    private static double real(String operator, double a, double b) {
        boolean divides = operator.equals("/") || operator.equals("//") || operator.equals("%");
        if (divides && b == 0) {
            throw Failure.of("division by zero");
        }
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "/" -> a / b;
            case "//" -> Math.floor(a / b);
            case "%" -> floorRemainder(a, b);
            case "**" -> Math.pow(a, b);
            default -> throw new IllegalArgumentException(operator);
        };
    }

    private static double floorRemainder(double a, double b) {
        double remainder = a % b;
        return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
    }

    static Value negate(Value value) {
        return switch (value) {
            case Value.Real r -> new Value.Real(-r.value());
            case Value.Integral i -> new Value.Int(i.integer().negate());
            case Value v -> throw badSign("-", v);
        };
    }

    static Value plus(Value value) {
        return switch (value) {
            case Value.Real r -> r;
            case Value.Integral i -> new Value.Int(i.integer());
            case Value v -> throw badSign("+", v);
        };
    }

    private static Failure badSign(String sign, Value value) {
        requireDefined(value);
        return Failure.of("bad operand type for unary " + sign + ": '" + value.typeName() + "'");
    }

    /** The values that a loop over a value visits; a list that changes meanwhile does not matter. */
    static List<Value> iterate(Budget budget, Value value) {
        List<Value> items = switch (value) {
            case Value.Sequence s -> s.items();
            case Value.Dict d -> d.keys();
            case Value.Undefined _ -> List.of();
            case Value.Str s -> characters(budget, s.text());
            case Value v -> throw Failure.of("'" + v.typeName() + "' object is not iterable");
        };
        budget.elements(items.size());
        return new ArrayList<>(items);
    }

    private static List<Value> characters(Budget budget, Text text) {
        budget.elements(text.length());
        List<Value> items = new ArrayList<>();
        for (int i = 0; i < text.length(); ) {
            int end = text.chars().offsetByCodePoints(i, 1);
            items.add(Value.Str.of(text.slice(budget, i, end)));
            i = end;
        }
        return items;
    }

    static void requireDefined(Value value) {
        if (value instanceof Value.Undefined u) {
            throw Failure.of(u.message());
        }
    }
}
