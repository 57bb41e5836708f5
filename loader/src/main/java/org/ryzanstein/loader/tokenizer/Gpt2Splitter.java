package org.ryzanstein.loader.tokenizer;

/**
 * GPT-2's expression:
 * {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}.
 */
final class Gpt2Splitter implements Splitter {
    @Override
    public int end(String text, int start, int limit) {
        int contraction = contraction(text, start, limit);
        if (contraction > 0) {
            return start + contraction;
        }
        int body = text.charAt(start) == ' ' && start + 1 < limit ? start + 1 : start;
        int first = text.codePointAt(body);
        if (CharacterClass.isLetter(first)) {
            return Runs.end(text, body, limit, CharacterClass::isLetter);
        }
        if (CharacterClass.isNumber(first)) {
            return Runs.end(text, body, limit, CharacterClass::isNumber);
        }
        if (!CharacterClass.isSpace(first)) {
            return Runs.end(text, body, limit, CharacterClass::isSymbol);
        }
        return Runs.spaces(text, start, limit);
    }

    private static int contraction(String text, int start, int limit) {
        if (text.charAt(start) != '\'' || start + 1 >= limit) {
            return 0;
        }
        char first = text.charAt(start + 1);
        if (first == 's' || first == 't' || first == 'm' || first == 'd') {
            return 2;
        }
        char second = start + 2 < limit ? text.charAt(start + 2) : '\0';
        boolean two =
                (first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l');
        return two ? 3 : 0;
    }
}
