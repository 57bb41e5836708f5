package org.ryzanstein.loader.sampling;

import java.util.Arrays;
import java.util.List;

/**
 * Watches a text that arrives in pieces for the first stop string, and holds back what may be the beginning of one.
 *
 * <p>The stop that is complete first ends the text; of two that end at the same character the longer one counts. So the
 * result does not depend on where the pieces were cut. Each stop is matched as in D. E. Knuth, J. H. Morris, V. R. Pratt,
 * "Fast pattern matching in strings" (1977): the cost per character does not depend on the stops' lengths. Characters are
 * compared as UTF-16 units, without normalisation.
 */
public final class StopMatcher {
    /** The most stops of a request. */
    public static final int MAX_STOPS = 64;

    /** The most UTF-16 units of a stop. */
    public static final int MAX_LENGTH = 4096;

    private final String[] stops;
    /** For each stop and each length of a matched beginning: the length of its longest proper border. */
    private final int[][] borders;
    /** For each stop: how much of its beginning the text ends with. */
    private final int[] matched;

    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    /**
     * Prepares a search.
     *
     * @throws IllegalArgumentException if there are too many stops, or one is empty, too long, or not well-formed UTF-16
     */
    public StopMatcher(List<String> stops) {
        if (stops.size() > MAX_STOPS) {
            throw new IllegalArgumentException("stop: at most " + MAX_STOPS + " strings, found " + stops.size());
        }
        this.stops = stops.toArray(String[]::new);
        matched = new int[this.stops.length];
        borders = new int[this.stops.length][];
        for (int i = 0; i < borders.length; i++) {
            requireValid(this.stops[i], i);
            borders[i] = borders(this.stops[i]);
        }
    }

    private static void requireValid(String stop, int index) {
        if (stop.isEmpty() || stop.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "stop[" + index + "] must have 1 to " + MAX_LENGTH + " UTF-16 units, found " + stop.length());
        }
        if (stop.codePoints().anyMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)) {
            throw new IllegalArgumentException("stop[" + index + "] holds half a surrogate pair");
        }
    }

    private static int[] borders(String stop) {
        int[] borders = new int[stop.length() + 1];
        int border = 0;
        for (int i = 1; i < stop.length(); i++) {
            border = extend(stop, borders, border, stop.charAt(i));
            borders[i + 1] = border;
        }
        return borders;
    }

    /** The longest beginning of the stop that a text ends with, once {@code next} follows a match of {@code length}. */
    private static int extend(String stop, int[] borders, int length, char next) {
        int match = length;
        while (match > 0 && stop.charAt(match) != next) {
            match = borders[match];
        }
        return stop.charAt(match) == next ? match + 1 : 0;
    }

    /**
     * Takes the next piece of the text.
     *
     * @return what can be released: everything before a possible beginning of a stop, or before the stop itself; nothing
     *     once {@link #stopped}
     */
    public String append(String text) {
        if (stopped) {
            return "";
        }
        int searched = held.length();
        held.append(text);
        for (int i = searched; i < held.length(); i++) {
            int complete = advance(held.charAt(i));
            if (complete > 0) {
                stopped = true;
                return release(i + 1 - complete);
            }
        }
        int possible = 0;
        for (int length : matched) {
            possible = Math.max(possible, length);
        }
        return release(held.length() - possible);
    }

    /** Length of the longest stop that ends with this character, or 0. */
    private int advance(char next) {
        int complete = 0;
        for (int s = 0; s < stops.length; s++) {
            matched[s] = extend(stops[s], borders[s], matched[s], next);
            if (matched[s] == stops[s].length()) {
                complete = Math.max(complete, matched[s]);
            }
        }
        return complete;
    }

    private String release(int length) {
        String released = held.substring(0, length);
        held.delete(0, stopped ? held.length() : length);
        return released;
    }

    /** Whether a stop was found. It and what followed it is never released. */
    public boolean stopped() {
        return stopped;
    }

    /** Ends the text: returns what was held back. */
    public String flush() {
        String rest = held.toString();
        held.setLength(0);
        Arrays.fill(matched, 0);
        return rest;
    }
}
