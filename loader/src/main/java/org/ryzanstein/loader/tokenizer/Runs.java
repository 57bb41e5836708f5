package org.ryzanstein.loader.tokenizer;

import java.util.function.IntPredicate;

/** Scanning that the splitters share. */
final class Runs {
    private Runs() {}

    /** The end of the longest run of matching characters from {@code start}. */
    static int end(String text, int start, int limit, IntPredicate matches) {
        int at = start;
        while (at < limit) {
            int codePoint = text.codePointAt(at);
            if (!matches.test(codePoint)) {
                break;
            }
            at += Character.charCount(codePoint);
        }
        return at;
    }

    /** Whether there is a character at {@code at}, and it matches. */
    static boolean at(String text, int at, int limit, IntPredicate matches) {
        return at < limit && matches.test(text.codePointAt(at));
    }

    /** {@code \s+(?!\S)|\s+} from {@code start}, where a space stands: a space before other text is left to that text. */
    static int spaces(String text, int start, int limit) {
        int end = end(text, start, limit, CharacterClass::isSpace);
        return end < limit && end - start > 1 ? end - 1 : end;
    }
}
