package org.ryzanstein.loader.template;

/** Search in strings whose time is linear, whatever they hold. */
final class Search {
    /** Up to this length of the part, the plain search costs at most a few times the linear one. */
    private static final int PLAIN = 16;

    /** Time of a character in the linear search, in those of the plain one. */
    private static final int SLOWER = 8;

    private Search() {}

    static int indexOf(Budget budget, String text, String part, int from) {
        boolean plain = part.length() <= PLAIN;
        int found = plain ? text.indexOf(part, from) : knuthMorrisPratt(text, part, from);
        long read = (found < 0 ? text.length() : found) - Math.min(from, text.length()) + (long) part.length();
        budget.scan(plain ? read : SLOWER * read);
        return found;
    }

    private static int knuthMorrisPratt(String text, String part, int from) {
        int length = part.length();
        if (text.length() - from < length) {
            return -1;
        }
        int[] border = new int[length];
        for (int i = 1, matched = 0; i < length; i++) {
            while (matched > 0 && part.charAt(i) != part.charAt(matched)) {
                matched = border[matched - 1];
            }
            if (part.charAt(i) == part.charAt(matched)) {
                matched++;
            }
            border[i] = matched;
        }
        for (int i = from, matched = 0; i < text.length(); i++) {
            while (matched > 0 && text.charAt(i) != part.charAt(matched)) {
                matched = border[matched - 1];
            }
            if (text.charAt(i) == part.charAt(matched) && ++matched == length) {
                return i - length + 1;
            }
        }
        return -1;
    }
}
