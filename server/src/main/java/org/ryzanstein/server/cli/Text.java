package org.ryzanstein.server.cli;

import java.util.Locale;

/** Text for people. */
final class Text {
    private Text() {}

    /** With escapes for what would steer a terminal: control characters and the like from a model file. */
    static String printable(String text) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                result.append(String.format("\\u%04x", c));
            } else {
                result.appendCodePoint(c);
            }
        });
        return result.toString();
    }

    /** Such as 3.7M. */
    static String count(long number) {
        if (number >= 1_000_000_000L) {
            return String.format(Locale.ROOT, "%.1fB", number / 1e9);
        }
        if (number >= 1_000_000L) {
            return String.format(Locale.ROOT, "%.1fM", number / 1e6);
        }
        return number >= 1_000 ? String.format(Locale.ROOT, "%.1fk", number / 1e3) : Long.toString(number);
    }

    /** Such as 1.5 GiB. */
    static String bytes(long bytes) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }
}
