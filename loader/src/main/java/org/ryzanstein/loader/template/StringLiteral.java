package org.ryzanstein.loader.template;

/** The escapes of a string literal, which are Python's. */
final class StringLiteral {
    private StringLiteral() {}

    static String decode(String raw, int line) {
        if (raw.indexOf('\\') < 0) {
            return raw;
        }
        StringBuilder out = new StringBuilder(raw.length());
        int i = 0;
        while (i < raw.length()) {
            char c = raw.charAt(i++);
            if (c != '\\' || i == raw.length()) {
                out.append(c);
                continue;
            }
            char escape = raw.charAt(i++);
            switch (escape) {
                case '\n' -> {}
                case '\\', '\'', '"' -> out.append(escape);
                case 'n' -> out.append('\n');
                case 't' -> out.append('\t');
                case 'r' -> out.append('\r');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'a' -> out.append('\u0007');
                case 'v' -> out.append('\u000b');
                case 'x' -> i = hex(raw, i, 2, out, line);
                case 'u' -> i = hex(raw, i, 4, out, line);
                case 'U' -> i = hex(raw, i, 8, out, line);
                case 'N' -> throw Failure.refused(line, "escape '\\N' in a string");
                case '0', '1', '2', '3', '4', '5', '6', '7' -> i = octal(raw, i - 1, out);
                default -> out.append('\\').append(escape);
            }
        }
        return out.toString();
    }

    private static int hex(String raw, int from, int digits, StringBuilder out, int line) {
        int code = -1;
        if (from + digits <= raw.length()) {
            code = 0;
            for (int i = from; i < from + digits && code >= 0; i++) {
                int digit = Character.digit(raw.charAt(i), 16);
                code = digit < 0 || code > Character.MAX_CODE_POINT ? -1 : code * 16 + digit;
            }
        }
        if (code < 0 || code > Character.MAX_CODE_POINT) {
            throw Failure.refused(
                    line, "escape '\\" + raw.charAt(from - 1) + "' without its " + digits + " hex digits");
        }
        out.appendCodePoint(code);
        return from + digits;
    }

    private static int octal(String raw, int from, StringBuilder out) {
        int code = 0;
        int i = from;
        while (i < raw.length() && i < from + 3 && raw.charAt(i) >= '0' && raw.charAt(i) <= '7') {
            code = code * 8 + raw.charAt(i++) - '0';
        }
        out.appendCodePoint(code);
        return i;
    }
}
