package org.ryzanstein.loader.tokenizer;

/**
 * The expression of Llama 3, with digits in groups of up to three, and of Qwen 2, with single digits ({@code \p{N}}):
 * {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+}.
 */
final class Llama3Splitter implements Splitter {
    /** Folds to s, so that {@code (?i:'s)} matches it; llama.cpp's hand-written form of the expression does not. */
    private static final char LONG_S = 'ſ';

    private final int digits;

    /** @param digits how many digits make a piece at most */
    Llama3Splitter(int digits) {
        this.digits = digits;
    }

    @Override
    public int end(String text, int start, int limit) {
        int contraction = contraction(text, start, limit);
        if (contraction > 0) {
            return start + contraction;
        }
        int first = text.codePointAt(start);
        if (CharacterClass.isLetter(first)) {
            return Runs.end(text, start, limit, CharacterClass::isLetter);
        }
        if (CharacterClass.isNumber(first)) {
            return numbers(text, start, limit);
        }
        int second = start + Character.charCount(first);
        if (!CharacterClass.isLineBreak(first) && Runs.at(text, second, limit, CharacterClass::isLetter)) {
            return Runs.end(text, second, limit, CharacterClass::isLetter);
        }
        int body = first == ' ' ? second : start;
        if (Runs.at(text, body, limit, CharacterClass::isSymbol)) {
            int symbols = Runs.end(text, body, limit, CharacterClass::isSymbol);
            return Runs.end(text, symbols, limit, CharacterClass::isLineBreak);
        }
        return spaces(text, start, limit);
    }

    private int numbers(String text, int start, int limit) {
        int at = start;
        for (int count = 0; count < digits && Runs.at(text, at, limit, CharacterClass::isNumber); count++) {
            at += Character.charCount(text.codePointAt(at));
        }
        return at;
    }

    /** {@code \s*[\r\n]+|\s+(?!\S)|\s+}: up to the last line break among the spaces, if there is one. */
    private static int spaces(String text, int start, int limit) {
        int afterBreak = start;
        int at = start;
        while (at < limit && CharacterClass.isSpace(text.charAt(at))) {
            if (CharacterClass.isLineBreak(text.charAt(at++))) {
                afterBreak = at;
            }
        }
        if (afterBreak > start) {
            return afterBreak;
        }
        return at < limit && at - start > 1 ? at - 1 : at;
    }

    private static int contraction(String text, int start, int limit) {
        if (text.charAt(start) != '\'' || start + 1 >= limit) {
            return 0;
        }
        char first = lower(text.charAt(start + 1));
        if (first == 's' || first == 't' || first == 'm' || first == 'd') {
            return 2;
        }
        char second = start + 2 < limit ? lower(text.charAt(start + 2)) : '\0';
        boolean two =
                (first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l');
        return two ? 3 : 0;
    }

    private static char lower(char letter) {
        if (letter == LONG_S) {
            return 's';
        }
        return letter >= 'A' && letter <= 'Z' ? (char) (letter + 0x20) : letter;
    }
}
