package org.ryzanstein.loader.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;

/** Values as text, as Python's {@code str} and {@code repr} write them. */
final class Repr {
    private Repr() {}

    /** {@code str(value)}: a string as it is, anything else as {@link #write} writes it. */
    static Text str(Budget budget, Value value) {
        if (value instanceof Value.Str s) {
            return s.text();
        }
        if (value instanceof Value.Undefined) {
            return Text.EMPTY;
        }
        return repr(budget, value);
    }

    static Text repr(Budget budget, Value value) {
        Text.Builder out = new Text.Builder(budget);
        write(budget, out, value, 0);
        return out.build();
    }

    private static void write(Budget budget, Text.Builder out, Value value, int depth) {
        budget.value(depth);
        switch (value) {
            case Value.Undefined _ -> out.append("Undefined", false);
            case Value.None _ -> out.append("None", false);
            case Value.Numeric n -> out.append(number(n), false);
            case Value.Str s -> quote(out, s.text());
            case Value.Sequence s -> {
                out.append(s.tuple() ? "(" : "[", false);
                String separator = "";
                for (Value item : s.items()) {
                    out.append(separator, false);
                    write(budget, out, item, depth + 1);
                    separator = ", ";
                }
                out.append(s.tuple() ? (s.items().size() == 1 ? ",)" : ")") : "]", false);
            }
            case Value.Dict d -> writeMap(budget, out, d.entries(), depth);
            case Value.Namespace n -> {
                out.append("<Namespace {", false);
                String separator = "";
                for (Map.Entry<String, Value> entry : n.attributes().entrySet()) {
                    out.append(separator + "'" + entry.getKey() + "': ", false);
                    write(budget, out, entry.getValue(), depth + 1);
                    separator = ", ";
                }
                out.append("}>", false);
            }
            case Value.Function f -> out.append("<function " + f.name() + ">", false);
            case Value.LoopState l -> out.append(l.loop().describe(), false);
        }
    }

    private static void writeMap(Budget budget, Text.Builder out, Map<Value, Value> entries, int depth) {
        out.append("{", false);
        String separator = "";
        for (Map.Entry<Value, Value> entry : entries.entrySet()) {
            out.append(separator, false);
            write(budget, out, entry.getKey(), depth + 1);
            out.append(": ", false);
            write(budget, out, entry.getValue(), depth + 1);
            separator = ", ";
        }
        out.append("}", false);
    }

    static String number(Value.Numeric number) {
        if (number instanceof Value.Bool b) {
            return b.value() ? "True" : "False";
        }
        BigInteger integer = number.integer();
        return integer != null ? integer.toString() : real(number.real());
    }

    /** The shortest digits that give the same float, with an exponent below 1e-4 and from 1e16 on. */
    static String real(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        String sign = Double.doubleToRawLongBits(value) < 0 ? "-" : "";
        BigDecimal decimal = new BigDecimal(Double.toString(Math.abs(value))).stripTrailingZeros();
        if (decimal.signum() == 0) {
            return sign + "0.0";
        }
        int exponent = decimal.precision() - decimal.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = decimal.toPlainString();
            return sign + (plain.indexOf('.') < 0 ? plain + ".0" : plain);
        }
        String digits = decimal.unscaledValue().toString();
        String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
        String power = (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
        return sign + digits.charAt(0) + fraction + "e" + (exponent < 0 ? "-" : "+") + power;
    }

    private static void quote(Text.Builder out, Text text) {
        String chars = text.chars();
        char quote = chars.indexOf('\'') >= 0 && chars.indexOf('"') < 0 ? '"' : '\'';
        out.append(String.valueOf(quote), false);
        text.runs(0, chars.length(), (from, to, fromInput) -> {
            StringBuilder run = new StringBuilder(to - from);
            chars.substring(from, to).codePoints().forEach(c -> escape(run, c, quote));
            out.append(run.toString(), fromInput);
        });
        out.append(String.valueOf(quote), false);
    }

    private static void escape(StringBuilder out, int c, char quote) {
        switch (c) {
            case '\\' -> out.append("\\\\");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                if (c == quote) {
                    out.append('\\').append(quote);
                } else if (Chars.isPrintable(c)) {
                    out.appendCodePoint(c);
                } else if (c <= 0xff) {
                    out.append("\\x").append(hex(c, 2));
                } else if (c <= 0xffff) {
                    out.append("\\u").append(hex(c, 4));
                } else {
                    out.append("\\U").append(hex(c, 8));
                }
            }
        }
    }

    static String hex(int value, int digits) {
        String hex = Integer.toHexString(value);
        return "0".repeat(digits - hex.length()) + hex;
    }
}
