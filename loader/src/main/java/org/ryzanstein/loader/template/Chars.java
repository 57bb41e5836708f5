package org.ryzanstein.loader.template;

/** Classes of characters as Python's {@code str} has them. */
final class Chars {
    private Chars() {}

    /** What {@code strip()} removes. */
    static boolean isSpace(int c) {
        return c == 0x85 || Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    /** What {@code splitlines()} splits at. */
    static boolean isLineBreak(int c) {
        return (c >= '\n' && c <= '\r') || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
    }

    /** What {@code repr()} leaves as it is. */
    static boolean isPrintable(int c) {
        return c == ' '
                || switch (Character.getType(c)) {
                    case Character.CONTROL,
                            Character.FORMAT,
                            Character.SURROGATE,
                            Character.PRIVATE_USE,
                            Character.UNASSIGNED,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR,
                            Character.SPACE_SEPARATOR -> false;
                    default -> true;
                };
    }

    static boolean isNameStart(int c) {
        return c == '_' || Character.isUnicodeIdentifierStart(c);
    }

    static boolean isNamePart(int c) {
        return Character.isUnicodeIdentifierPart(c) && !Character.isIdentifierIgnorable(c);
    }

    /** The offset after the white space that starts at an offset. */
    static int skipSpace(String s, int from) {
        int at = from;
        while (at < s.length() && isSpace(s.charAt(at))) {
            at++;
        }
        return at;
    }

    /** The offset at which the white space before an end begins, not below {@code from}. */
    static int skipSpaceBack(String s, int from, int end) {
        int at = end;
        while (at > from && isSpace(s.charAt(at - 1))) {
            at--;
        }
        return at;
    }
}
