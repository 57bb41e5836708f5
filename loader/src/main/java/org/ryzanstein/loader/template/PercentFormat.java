package org.ryzanstein.loader.template;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;

/**
 * Python's {@code format % values} with the conversions {@code %s %r %d %i %f %%}, a width, a precision and the flags
 * {@code -} and {@code 0}.
 */
final class PercentFormat {
    private static final int MAX_WIDTH = 1000;

    private PercentFormat() {}

    static Text format(Budget budget, Text format, List<Value> values) {
        Text.Builder out = new Text.Builder(budget);
        String chars = format.chars();
        int used = 0;
        int at = 0;
        while (at < chars.length()) {
            int percent = chars.indexOf('%', at);
            if (percent < 0) {
                break;
            }
            out.append(format, at, percent);
            Spec spec = Spec.parse(chars, percent + 1);
            at = spec.end();
            if (spec.conversion() == '%') {
                out.append("%", false);
                continue;
            }
            if (used == values.size()) {
                throw Failure.of("not enough arguments for format string");
            }
            pad(out, spec, convert(budget, spec, values.get(used++)));
        }
        if (used < values.size()) {
            throw Failure.of("not all arguments converted during string formatting");
        }
        return out.append(format, at, chars.length()).build();
    }

    private static Text convert(Budget budget, Spec spec, Value value) {
        return switch (spec.conversion()) {
            case 's' -> cut(budget, Repr.str(budget, value), spec);
            case 'r' -> cut(budget, Repr.repr(budget, value), spec);
            case 'd', 'i' -> {
                if (!(value instanceof Value.Numeric n) || !Double.isFinite(n.real())) {
                    throw Failure.of("%d format: a number is required, not " + value.typeName());
                }
                BigDecimal exact = n.integer() == null ? new BigDecimal(n.real()) : new BigDecimal(n.integer());
                yield Text.own(exact.setScale(0, RoundingMode.DOWN).toPlainString());
            }
            case 'f' -> {
                if (!(value instanceof Value.Numeric n) || !Double.isFinite(n.real())) {
                    throw Failure.of("%f format: a number is required, not " + value.typeName());
                }
                int digits = spec.precision() < 0 ? 6 : spec.precision();
                yield Text.own(new BigDecimal(n.real())
                        .setScale(digits, RoundingMode.HALF_EVEN)
                        .toPlainString());
            }
            default -> throw Failure.of("unsupported format character '" + spec.conversion() + "'");
        };
    }

    private static Text cut(Budget budget, Text text, Spec spec) {
        return spec.precision() < 0 ? text : text.slice(budget, 0, Math.min(spec.precision(), text.length()));
    }

    private static void pad(Text.Builder out, Spec spec, Text text) {
        int missing = Math.max(0, spec.width() - text.chars().codePointCount(0, text.length()));
        boolean numeric = "dif".indexOf(spec.conversion()) >= 0;
        if (spec.left()) {
            out.append(text).append(" ".repeat(missing), false);
        } else if (spec.zero() && numeric) {
            int sign = text.chars().startsWith("-") ? 1 : 0;
            out.append(text, 0, sign).append("0".repeat(missing), false).append(text, sign, text.length());
        } else {
            out.append(" ".repeat(missing), false).append(text);
        }
    }

    private record Spec(boolean left, boolean zero, int width, int precision, char conversion, int end) {
        static Spec parse(String chars, int from) {
            int at = from;
            boolean left = false;
            boolean zero = false;
            while (at < chars.length() && (chars.charAt(at) == '-' || chars.charAt(at) == '0')) {
                left |= chars.charAt(at) == '-';
                zero |= chars.charAt(at) == '0';
                at++;
            }
            int widthEnd = digits(chars, at);
            int width = number(chars, at, widthEnd);
            at = widthEnd;
            int precision = -1;
            if (at < chars.length() && chars.charAt(at) == '.') {
                int precisionEnd = digits(chars, at + 1);
                precision = number(chars, at + 1, precisionEnd);
                at = precisionEnd;
            }
            if (at == chars.length()) {
                throw Failure.of("incomplete format");
            }
            return new Spec(left, zero, width, precision, chars.charAt(at), at + 1);
        }

        private static int digits(String chars, int from) {
            int at = from;
            while (at < chars.length() && chars.charAt(at) >= '0' && chars.charAt(at) <= '9') {
                at++;
            }
            return at;
        }

        private static int number(String chars, int from, int to) {
            int number = to == from ? 0 : to - from > 4 ? MAX_WIDTH + 1 : Integer.parseInt(chars, from, to, 10);
            if (number > MAX_WIDTH) {
                throw Failure.limit("a format wider than " + MAX_WIDTH);
            }
            return number;
        }
    }
}
