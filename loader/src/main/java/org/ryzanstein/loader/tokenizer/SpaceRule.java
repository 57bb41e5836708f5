package org.ryzanstein.loader.tokenizer;

/**
 * What SentencePiece does to the spaces of a text before merging: they become {@link #MARK}, so that pieces can hold
 * them, and one is put before the text, so that a word is the same piece at its beginning as elsewhere.
 *
 * @param prefix where a space is put
 * @param onlyWhereMissing no space is put before text that begins with one (the hub's Metaspace)
 * @param collapse spaces at both ends are dropped, and several in a row become one ({@code remove_extra_whitespaces})
 */
record SpaceRule(Prefix prefix, boolean onlyWhereMissing, boolean collapse) {
    /** U+2581, the space of the vocabulary. */
    static final char MARK = '\u2581';

    /** The texts between added tokens that a space is put before. */
    enum Prefix {
        NEVER,
        /** The one at the beginning. */
        FIRST,
        EVERY
    }

    /** Normalises {@code text[start, end)}; it is at the beginning if {@code start} is 0. */
    String normalize(String text, int start, int end) {
        int from = start;
        int to = end;
        if (collapse) {
            while (from < to && text.charAt(from) == ' ') {
                from++;
            }
            while (to > from && isSpace(text.charAt(to - 1))) {
                to--;
            }
        }
        if (from == to) {
            return "";
        }
        StringBuilder normalized = new StringBuilder(Math.addExact(to - from, 1));
        boolean wanted = prefix == Prefix.EVERY || (prefix == Prefix.FIRST && start == 0);
        if (wanted && !(onlyWhereMissing && isSpace(text.charAt(from)))) {
            normalized.append(MARK);
        }
        boolean afterSpace = false;
        for (int at = from; at < to; at++) {
            boolean space = text.charAt(at) == ' ';
            if (!(space && afterSpace && collapse)) {
                normalized.append(space ? MARK : text.charAt(at));
            }
            afterSpace = space;
        }
        return normalized.toString();
    }

    private static boolean isSpace(char character) {
        return character == ' ' || character == MARK;
    }
}
