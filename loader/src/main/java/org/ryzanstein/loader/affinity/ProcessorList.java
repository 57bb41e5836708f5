package org.ryzanstein.loader.affinity;

import java.util.BitSet;
import java.util.regex.Pattern;

/** The kernel's way to write sets of numbers, such as {@code 0-3,8} (Linux' cpumap_print_to_pagebuf). */
final class ProcessorList {
    /** More than any kernel is built for. */
    private static final int MOST = 1 << 14;

    private static final Pattern RANGE = Pattern.compile("[0-9]{1,5}(-[0-9]{1,5})?");

    private ProcessorList() {}

    /**
     * Parses a list; an empty one is the empty set.
     *
     * @throws IllegalArgumentException if it is something else
     */
    static BitSet parse(String text) {
        BitSet found = new BitSet();
        String stripped = text.strip();
        if (stripped.isEmpty()) {
            return found;
        }
        for (String range : stripped.split(",", -1)) {
            int dash = range.indexOf('-');
            if (!RANGE.matcher(range).matches()) {
                throw refusal(range);
            }
            int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
            int last = Integer.parseInt(range.substring(dash + 1));
            if (first > last || last >= MOST) {
                throw refusal(range);
            }
            found.set(first, last + 1);
        }
        return found;
    }

    private static IllegalArgumentException refusal(String range) {
        String shown = range.length() > 40 ? range.substring(0, 40) + "..." : range;
        return new IllegalArgumentException(
                "found \"" + shown + "\", expected numbers below " + MOST + " and ranges of them, such as 0-3,8");
    }

    /** Writes a set. */
    static String format(BitSet set) {
        StringBuilder text = new StringBuilder();
        for (int first = set.nextSetBit(0); first >= 0; ) {
            int end = set.nextClearBit(first);
            text.append(text.isEmpty() ? "" : ",").append(first);
            if (end - first > 1) {
                text.append('-').append(end - 1);
            }
            first = set.nextSetBit(end);
        }
        return text.toString();
    }
}
