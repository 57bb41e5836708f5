package org.ryzanstein.loader.template;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Python's {@code strftime} in the C locale. */
final class Strftime {
    private static final int MAX_LENGTH = 1000;

    private Strftime() {}

    static String format(ZonedDateTime time, String format) {
        if (format.length() > MAX_LENGTH) {
            throw Failure.limit("a time format of more than " + MAX_LENGTH + " characters");
        }
        StringBuilder out = new StringBuilder();
        int i = 0;
        while (i < format.length()) {
            char c = format.charAt(i++);
            if (c != '%') {
                out.append(c);
                continue;
            }
            boolean unpadded = format.startsWith("-", i);
            if (unpadded) {
                i++;
            }
            if (i == format.length()) {
                throw Failure.of("strftime: format ends after '%'");
            }
            String field = field(time, format.charAt(i++));
            out.append(unpadded && field.length() > 1 && field.startsWith("0") ? field.substring(1) : field);
        }
        return out.toString();
    }

    private static String field(ZonedDateTime time, char directive) {
        return switch (directive) {
            case '%' -> "%";
            case 'n' -> "\n";
            case 't' -> "\t";
            case 'Y' -> pattern(time, "uuuu");
            case 'y' -> pattern(time, "uu");
            case 'm' -> pattern(time, "MM");
            case 'd' -> pattern(time, "dd");
            case 'e' -> pattern(time, "ppd");
            case 'j' -> pattern(time, "DDD");
            case 'H' -> pattern(time, "HH");
            case 'I' -> pattern(time, "hh");
            case 'M' -> pattern(time, "mm");
            case 'S' -> pattern(time, "ss");
            case 'f' -> pattern(time, "SSSSSS");
            case 'p' -> pattern(time, "a");
            case 'A' -> pattern(time, "EEEE");
            case 'a' -> pattern(time, "EEE");
            case 'B' -> pattern(time, "MMMM");
            case 'b', 'h' -> pattern(time, "MMM");
            case 'w' -> String.valueOf(time.getDayOfWeek().getValue() % 7);
            case 'u' -> String.valueOf(time.getDayOfWeek().getValue());
            case 'F' -> pattern(time, "uuuu-MM-dd");
            case 'T', 'X' -> pattern(time, "HH:mm:ss");
            case 'R' -> pattern(time, "HH:mm");
            case 'D', 'x' -> pattern(time, "MM/dd/uu");
            case 'c' -> pattern(time, "EEE MMM ppd HH:mm:ss uuuu");
            case 'Z', 'z' -> "";
            default -> throw Failure.of("strftime: unknown directive '%" + directive + "'");
        };
    }

    private static String pattern(ZonedDateTime time, String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.US).format(time);
    }
}
