package org.ryzanstein.loader.tokenizer;

/**
 * The character classes of the pre-tokenizers' regular expressions, as Oniguruma (hub) and llama.cpp read them: general
 * categories for {@code \p{L}}, {@code \p{N}}, {@code \p{P}}, and the Unicode property White_Space for {@code \s}, which
 * is neither Java's {@code \s} nor {@link Character#isWhitespace(int)}.
 */
final class CharacterClass {
    private static final int NUMBERS =
            1 << Character.DECIMAL_DIGIT_NUMBER | 1 << Character.LETTER_NUMBER | 1 << Character.OTHER_NUMBER;
    private static final int PUNCTUATION = 1 << Character.CONNECTOR_PUNCTUATION
            | 1 << Character.DASH_PUNCTUATION
            | 1 << Character.START_PUNCTUATION
            | 1 << Character.END_PUNCTUATION
            | 1 << Character.INITIAL_QUOTE_PUNCTUATION
            | 1 << Character.FINAL_QUOTE_PUNCTUATION
            | 1 << Character.OTHER_PUNCTUATION;
    private static final int MARKS =
            1 << Character.NON_SPACING_MARK | 1 << Character.ENCLOSING_MARK | 1 << Character.COMBINING_SPACING_MARK;

    private CharacterClass() {}

    /** {@code \p{L}}. */
    static boolean isLetter(int codePoint) {
        return Character.isLetter(codePoint);
    }

    /** {@code \p{N}}. */
    static boolean isNumber(int codePoint) {
        return in(NUMBERS, codePoint);
    }

    /** {@code \p{P}}. */
    static boolean isPunctuation(int codePoint) {
        return in(PUNCTUATION, codePoint);
    }

    /** {@code \p{M}}. */
    static boolean isMark(int codePoint) {
        return in(MARKS, codePoint);
    }

    /** {@code \s}. */
    static boolean isSpace(int codePoint) {
        if (codePoint <= 0x20) {
            return codePoint == ' ' || (codePoint >= 0x09 && codePoint <= 0x0D);
        }
        return codePoint == 0x85
                || codePoint == 0xA0
                || codePoint == 0x1680
                || (codePoint >= 0x2000 && codePoint <= 0x200A)
                || codePoint == 0x2028
                || codePoint == 0x2029
                || codePoint == 0x202F
                || codePoint == 0x205F
                || codePoint == 0x3000;
    }

    /** {@code [\r\n]}. */
    static boolean isLineBreak(int codePoint) {
        return codePoint == '\n' || codePoint == '\r';
    }

    /** {@code [^\s\p{L}\p{N}]}. */
    static boolean isSymbol(int codePoint) {
        return !isSpace(codePoint) && !isLetter(codePoint) && !isNumber(codePoint);
    }

    /** {@code \w}. */
    static boolean isWord(int codePoint) {
        return Character.isAlphabetic(codePoint)
                || isMark(codePoint)
                || Character.getType(codePoint) == Character.DECIMAL_DIGIT_NUMBER
                || Character.getType(codePoint) == Character.CONNECTOR_PUNCTUATION
                || codePoint == 0x200C
                || codePoint == 0x200D;
    }

    private static boolean in(int categories, int codePoint) {
        return (categories >>> Character.getType(codePoint) & 1) != 0;
    }
}
