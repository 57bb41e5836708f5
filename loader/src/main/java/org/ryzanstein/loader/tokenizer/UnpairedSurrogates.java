package org.ryzanstein.loader.tokenizer;

/** Text that Java allows and Unicode does not. */
final class UnpairedSurrogates {
    private UnpairedSurrogates() {}

    /** The text with U+FFFD for every surrogate that has no partner. */
    static String replace(String text) {
        StringBuilder replaced = null;
        for (int at = 0; at < text.length(); at++) {
            if (!Character.isSurrogate(text.charAt(at))) {
                continue;
            }
            if (Character.isSupplementaryCodePoint(text.codePointAt(at))) {
                at++;
            } else {
                replaced = replaced == null ? new StringBuilder(text) : replaced;
                replaced.setCharAt(at, '\uFFFD');
            }
        }
        return replaced == null ? text : replaced.toString();
    }
}
