package org.ryzanstein.loader.tokenizer;

import java.text.Normalizer;

/** What happens to a text before it is cut. */
enum TextNormalizer {
    NONE,
    /** Unicode normalization form C (Qwen). */
    NFC;

    /**
     * Longest run of combining marks that is normalised in one piece. The JDK sorts marks by insertion, in quadratic
     * time; text of people has a handful in a row, and Unicode's stream-safe format (UAX 15) allows 30.
     */
    static final int MAX_MARKS = 1024;

    String normalize(String text) {
        if (this == NONE || isLatin1(text)) {
            return text;
        }
        StringBuilder normalized = new StringBuilder(text.length());
        int done = 0;
        int marks = 0;
        for (int at = 0; at < text.length(); ) {
            int codePoint = text.codePointAt(at);
            marks = CharacterClass.isMark(codePoint) ? marks + 1 : 0;
            at += Character.charCount(codePoint);
            if (marks == MAX_MARKS) {
                normalized.append(Normalizer.normalize(text.substring(done, at), Normalizer.Form.NFC));
                done = at;
                marks = 0;
            }
        }
        return normalized
                .append(Normalizer.normalize(text.substring(done), Normalizer.Form.NFC))
                .toString();
    }

    /** Such text is in form C already. */
    private static boolean isLatin1(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0xFF) {
                return false;
            }
        }
        return true;
    }
}
