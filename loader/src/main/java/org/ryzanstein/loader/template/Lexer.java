package org.ryzanstein.loader.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a template's source into tokens, with {@code trim_blocks} and {@code lstrip_blocks} set as Transformers sets
 * them: the line break after a tag goes, and so does white space between the start of a line and a tag. Comments and
 * {@code raw} blocks end here.
 */
final class Lexer {
    private static final List<String> OPERATORS = List.of(
            "//", "**", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
            "=", ".", ":", "|", ",");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    private int lineCountedTo;

    private Lexer(String source) {
        String unix = source.replace("\r\n", "\n").replace('\r', '\n');
        this.source = unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix;
    }

    static List<Token> tokens(String source) {
        return new Lexer(source).run();
    }

    private List<Token> run() {
        while (at < source.length()) {
            int begin = nextBegin(at);
            if (begin < 0) {
                data(at, source.length());
                at = source.length();
                break;
            }
            char kind = source.charAt(begin + 1);
            int inside = begin + 2;
            char sign = signAt(inside);
            dataBefore(begin, kind != '{', sign);
            if (sign != 0) {
                inside++;
            }
            int tagLine = lineAt(begin);
            if (kind == '#') {
                at = comment(inside, tagLine);
            } else if (kind == '%' && rawBody(inside) >= 0) {
                at = raw(rawBody(inside), tagLine);
            } else {
                boolean print = kind == '{';
                add(print ? Token.Type.PRINT_BEGIN : Token.Type.TAG_BEGIN, "", tagLine);
                at = expression(inside, print, tagLine);
            }
        }
        add(Token.Type.END, "", lineAt(source.length()));
        return tokens;
    }

    private int nextBegin(int from) {
        for (int i = source.indexOf('{', from); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char next = source.charAt(i + 1);
            if (next == '{' || next == '%' || next == '#') {
                return i;
            }
        }
        return -1;
    }

    private char signAt(int i) {
        char c = charAt(i);
        return c == '-' || c == '+' ? c : 0;
    }

    private char charAt(int i) {
        return i < source.length() ? source.charAt(i) : 0;
    }

    private int lineAt(int offset) {
        for (; lineCountedTo < offset; lineCountedTo++) {
            if (source.charAt(lineCountedTo) == '\n') {
                line++;
            }
        }
        return line;
    }

    private void add(Token.Type type, String value, int tokenLine) {
        tokens.add(new Token(type, value, tokenLine));
    }

    private void data(int from, int to) {
        if (from < to) {
            add(Token.Type.DATA, source.substring(from, to), lineAt(from));
        }
    }

    /** The text before a tag, less the white space that the tag's sign or {@code lstrip_blocks} takes away. */
    private void dataBefore(int begin, boolean stripsLine, char sign) {
        int end = begin;
        if (sign == '-') {
            end = Chars.skipSpaceBack(source, at, begin);
        } else if (sign == 0 && stripsLine) {
            int start = begin;
            while (start > at && source.charAt(start - 1) != '\n' && Chars.isSpace(source.charAt(start - 1))) {
                start--;
            }
            if (start == 0 || source.charAt(start - 1) == '\n') {
                end = start;
            }
        }
        data(at, end);
    }

    private int comment(int from, int tagLine) {
        int end = source.indexOf("#}", from);
        if (end < 0) {
            throw Failure.refused(tagLine, "comment without its end '#}'");
        }
        char sign = end > from ? signAt(end - 1) : 0;
        return afterTag(end + 2, sign);
    }

    /** Where the text goes on after the end of a tag or comment. */
    private int afterTag(int end, char sign) {
        if (sign == '-') {
            return Chars.skipSpace(source, end);
        }
        return sign == 0 && charAt(end) == '\n' ? end + 1 : end;
    }

    /** The start of a raw block's body, or -1 where the tag is another one. */
    private int rawBody(int inside) {
        int name = Chars.skipSpace(source, inside);
        if (!source.startsWith("raw", name)) {
            return -1;
        }
        int end = Chars.skipSpace(source, name + 3);
        if (source.startsWith("-%}", end)) {
            return Chars.skipSpace(source, end + 3);
        }
        return source.startsWith("%}", end) ? end + 2 : -1;
    }

    private int raw(int body, int tagLine) {
        at = body;
        for (int i = source.indexOf("{%", body); i >= 0; i = source.indexOf("{%", i + 2)) {
            char sign = signAt(i + 2);
            int name = Chars.skipSpace(source, sign == 0 ? i + 2 : i + 3);
            if (!source.startsWith("endraw", name)) {
                continue;
            }
            int end = Chars.skipSpace(source, name + 6);
            char endSign = signAt(end);
            if (source.startsWith("%}", endSign == 0 ? end : end + 1)) {
                dataBefore(i, true, sign);
                return afterTag(endSign == 0 ? end + 2 : end + 3, endSign);
            }
        }
        throw Failure.refused(tagLine, "tag 'raw' without 'endraw'");
    }

    /** The tokens up to the end of a tag; returns where the text goes on. */
    private int expression(int from, boolean print, int tagLine) {
        Deque<Character> open = new ArrayDeque<>();
        int i = from;
        while (true) {
            i = Chars.skipSpace(source, i);
            if (i >= source.length()) {
                throw Failure.refused(tagLine, (print ? "'{{' without '}}'" : "'{%' without '%}'"));
            }
            if (open.isEmpty()) {
                char sign = signAt(i);
                int end = sign == 0 ? i : i + 1;
                if (print && source.startsWith("}}", end) && sign != '+') {
                    add(Token.Type.PRINT_END, "", lineAt(i));
                    return sign == '-' ? Chars.skipSpace(source, end + 2) : end + 2;
                }
                if (!print && source.startsWith("%}", end)) {
                    add(Token.Type.TAG_END, "", lineAt(i));
                    return afterTag(end + 2, sign);
                }
            }
            i = token(i, open);
        }
    }

    private int token(int i, Deque<Character> open) {
        int tokenLine = lineAt(i);
        int c = source.codePointAt(i);
        if (c == '\'' || c == '"') {
            int end = endOfString(i, tokenLine);
            add(Token.Type.STRING, StringLiteral.decode(source.substring(i + 1, end - 1), tokenLine), tokenLine);
            return end;
        }
        if (c >= '0' && c <= '9') {
            return number(i, tokenLine);
        }
        if (Chars.isNameStart(c)) {
            int end = i;
            while (end < source.length() && Chars.isNamePart(source.codePointAt(end))) {
                end += Character.charCount(source.codePointAt(end));
            }
            add(Token.Type.NAME, source.substring(i, end), tokenLine);
            return end;
        }
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, i)) {
                balance(operator, open, tokenLine);
                add(Token.Type.OPERATOR, operator, tokenLine);
                return i + operator.length();
            }
        }
        throw Failure.refused(tokenLine, "unexpected character '" + Character.toString(c) + "'");
    }

    private static void balance(String operator, Deque<Character> open, int tokenLine) {
        switch (operator) {
            case "(" -> open.push(')');
            case "[" -> open.push(']');
            case "{" -> open.push('}');
            case ")", "]", "}" -> {
                if (open.isEmpty() || open.pop() != operator.charAt(0)) {
                    throw Failure.refused(tokenLine, "unexpected '" + operator + "'");
                }
            }
            default -> {}
        }
    }

    private int endOfString(int begin, int tokenLine) {
        char quote = source.charAt(begin);
        for (int i = begin + 1; i < source.length(); i++) {
            char c = source.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == quote) {
                return i + 1;
            }
        }
        throw Failure.refused(tokenLine, "string without its closing quote");
    }

    private int number(int begin, int tokenLine) {
        if (source.charAt(begin) == '0' && "bBoOxX".indexOf(charAt(begin + 1)) >= 0) {
            throw Failure.refused(tokenLine, "number in another base than ten");
        }
        int end = digits(begin);
        boolean real = false;
        boolean afterDot = begin > 0 && source.charAt(begin - 1) == '.';
        if (!afterDot && charAt(end) == '.' && isDigit(charAt(end + 1))) {
            real = true;
            end = digits(end + 1);
        }
        if (!afterDot && (charAt(end) == 'e' || charAt(end) == 'E')) {
            int exponent = signAt(end + 1) == 0 ? end + 1 : end + 2;
            if (isDigit(charAt(exponent))) {
                real = true;
                end = digits(exponent);
            }
        }
        if (Chars.isNamePart(charAt(end)) && charAt(end) != 0) {
            throw Failure.refused(tokenLine, "name that begins with a digit");
        }
        add(
                real ? Token.Type.FLOAT : Token.Type.INTEGER,
                source.substring(begin, end).replace("_", ""),
                tokenLine);
        return end;
    }

    private int digits(int from) {
        int end = from;
        while (isDigit(charAt(end)) || (charAt(end) == '_' && isDigit(charAt(end + 1)))) {
            end++;
        }
        return end;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
