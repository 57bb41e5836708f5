package org.ryzanstein.loader.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Operations of strings, shared by methods and filters. They keep the origin of every character. */
final class Strings {
    private Strings() {}

    /** Without the white space, or the characters of a set, at the sides that are asked for. */
    static Text strip(Budget budget, Text text, @Nullable Text set, boolean left, boolean right) {
        String chars = text.chars();
        int from = 0;
        int to = chars.length();
        while (left && from < to && strips(budget, chars.codePointAt(from), set)) {
            from += Character.charCount(chars.codePointAt(from));
        }
        while (right && to > from && strips(budget, chars.codePointBefore(to), set)) {
            to -= Character.charCount(chars.codePointBefore(to));
        }
        budget.scan(chars.length() - (to - from));
        return text.slice(budget, from, to);
    }

    private static boolean strips(Budget budget, int c, @Nullable Text set) {
        if (set == null) {
            return Chars.isSpace(c);
        }
        budget.scan(set.length());
        return set.chars().indexOf(c) >= 0;
    }

    static Text upper(Budget budget, Text text) {
        return mapRuns(budget, text, run -> run.toUpperCase(Locale.ROOT));
    }

    static Text lower(Budget budget, Text text) {
        return mapRuns(budget, text, run -> run.toLowerCase(Locale.ROOT));
    }

    /** The first letter as a capital, all others small. */
    static Text capitalize(Budget budget, Text text) {
        if (text.isEmpty()) {
            return text;
        }
        int second = text.chars().offsetByCodePoints(0, 1);
        return new Text.Builder(budget)
                .append(mapRuns(budget, text.slice(budget, 0, second), Strings::titleCase))
                .append(lower(budget, text.slice(budget, second, text.length())))
                .build();
    }

    private static String titleCase(String s) {
        int first = s.codePointAt(0);
        int title = Character.toTitleCase(first);
        return title == first ? s.toUpperCase(Locale.ROOT) : Character.toString(title);
    }

    /** Tells whether a character begins a word, by the character before it. */
    interface WordStart {
        boolean after(int previous);
    }

    /** The first letter of each word as a capital, all others small. */
    static Text title(Budget budget, Text text, WordStart start) {
        int[] previous = {' '};
        return mapRuns(budget, text, run -> {
            StringBuilder out = new StringBuilder(run.length());
            run.codePoints().forEach(c -> {
                String one = Character.toString(c);
                out.append(start.after(previous[0]) ? titleCase(one) : one.toLowerCase(Locale.ROOT));
                previous[0] = c;
            });
            return out.toString();
        });
    }

    static Text mapRuns(Budget budget, Text text, UnaryOperator<String> map) {
        Text.Builder out = new Text.Builder(budget);
        text.runs(
                0,
                text.length(),
                (from, to, fromInput) -> out.append(map.apply(text.chars().substring(from, to)), fromInput));
        return out.build();
    }

    /** With up to {@code count} occurrences replaced, all where it is negative. */
    static Text replace(Budget budget, Text text, Text old, Text with, int count) {
        Text.Builder out = new Text.Builder(budget);
        String chars = text.chars();
        int at = 0;
        int left = count < 0 ? Integer.MAX_VALUE : count;
        if (old.isEmpty()) {
            for (; left > 0; left--) {
                out.append(with);
                if (at == chars.length()) {
                    break;
                }
                int next = chars.offsetByCodePoints(at, 1);
                out.append(text, at, next);
                at = next;
            }
            return out.append(text, at, chars.length()).build();
        }
        for (; left > 0; left--) {
            int found = Search.indexOf(budget, chars, old.chars(), at);
            if (found < 0) {
                break;
            }
            out.append(text, at, found).append(with);
            at = found + old.length();
        }
        return out.append(text, at, chars.length()).build();
    }

    /** The parts between separators, at most {@code max} splits where it is not negative. */
    static List<Value> split(Budget budget, Text text, Text separator, int max) {
        if (separator.isEmpty()) {
            throw Failure.of("empty separator");
        }
        List<Value> parts = new ArrayList<>();
        int at = 0;
        while (max < 0 || parts.size() < max) {
            int found = Search.indexOf(budget, text.chars(), separator.chars(), at);
            if (found < 0) {
                break;
            }
            add(budget, parts, text, at, found);
            at = found + separator.length();
        }
        add(budget, parts, text, at, text.length());
        return parts;
    }

    /** As {@link #split}, from the end. */
    static List<Value> splitFromEnd(Budget budget, Text text, Text separator, int max) {
        List<Value> all = split(budget, text, separator, -1);
        int joined = max < 0 ? 0 : Math.max(0, all.size() - 1 - max);
        if (joined == 0) {
            return all;
        }
        int end = 0;
        for (int i = 0; i <= joined; i++) {
            end += ((Value.Str) all.get(i)).text().length() + (i == 0 ? 0 : separator.length());
        }
        List<Value> parts = new ArrayList<>();
        add(budget, parts, text, 0, end);
        parts.addAll(all.subList(joined + 1, all.size()));
        return parts;
    }

    /** The words between stretches of white space; after {@code max} splits the rest stays as it is. */
    static List<Value> words(Budget budget, Text text, int max) {
        budget.scan(text.length());
        List<Value> words = new ArrayList<>();
        String chars = text.chars();
        int at = Chars.skipSpace(chars, 0);
        while (at < chars.length()) {
            if (max >= 0 && words.size() == max) {
                add(budget, words, text, at, chars.length());
                break;
            }
            int end = at;
            while (end < chars.length() && !Chars.isSpace(chars.charAt(end))) {
                end++;
            }
            add(budget, words, text, at, end);
            at = Chars.skipSpace(chars, end);
        }
        return words;
    }

    /** The lines, without their ends unless those are to be kept. */
    static List<Value> lines(Budget budget, Text text, boolean keepEnds) {
        budget.scan(text.length());
        List<Value> lines = new ArrayList<>();
        String chars = text.chars();
        int begin = 0;
        for (int i = 0; i < chars.length(); i++) {
            if (Chars.isLineBreak(chars.charAt(i))) {
                boolean pair = chars.startsWith("\r\n", i);
                int next = pair ? i + 2 : i + 1;
                add(budget, lines, text, begin, keepEnds ? next : i);
                begin = next;
                i = next - 1;
            }
        }
        if (begin < chars.length()) {
            add(budget, lines, text, begin, chars.length());
        }
        return lines;
    }

    private static void add(Budget budget, List<Value> parts, Text text, int from, int to) {
        budget.elements(1);
        parts.add(Value.Str.of(text.slice(budget, from, to)));
    }

    /** The strings of values, with a separator between them. */
    static Text join(Budget budget, Text separator, List<Value> values) {
        Text.Builder out = new Text.Builder(budget);
        boolean first = true;
        for (Value value : values) {
            budget.step();
            if (!first) {
                out.append(separator);
            }
            first = false;
            out.append(Repr.str(budget, value));
        }
        return out.build();
    }

    /** {@code format(...)}: fields {@code {}}, {@code {0}} and {@code {name}} without conversions or formats. */
    static Text format(Budget budget, Text format, Arguments arguments) {
        Text.Builder out = new Text.Builder(budget);
        String chars = format.chars();
        int automatic = 0;
        int at = 0;
        while (at < chars.length()) {
            char c = chars.charAt(at);
            boolean doubled = at + 1 < chars.length() && chars.charAt(at + 1) == c;
            if ((c == '{' || c == '}') && doubled) {
                out.append(format, at, at + 1);
                at += 2;
            } else if (c == '{') {
                int end = chars.indexOf('}', at);
                if (end < 0) {
                    throw Failure.of("format: '{' without '}'");
                }
                String field = chars.substring(at + 1, end);
                out.append(Repr.str(budget, field(field.isEmpty() ? "" + automatic++ : field, arguments)));
                at = end + 1;
            } else if (c == '}') {
                throw Failure.of("format: single '}'");
            } else {
                int next = at;
                while (next < chars.length() && chars.charAt(next) != '{' && chars.charAt(next) != '}') {
                    next++;
                }
                out.append(format, at, next);
                at = next;
            }
        }
        return out.build();
    }

    private static Value field(String field, Arguments arguments) {
        boolean number = !field.isEmpty() && field.length() < 5 && field.chars().allMatch(c -> c >= '0' && c <= '9');
        Value value = number
                ? (Integer.parseInt(field) < arguments.positional().size()
                        ? arguments.positional().get(Integer.parseInt(field))
                        : null)
                : arguments.named().get(field);
        if (value == null) {
            throw Failure.of("format: no argument for the field '{" + field + "}'");
        }
        return value;
    }
}
