package org.ryzanstein.loader.tokenizer;

import java.util.List;
import java.util.function.UnaryOperator;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * All added tokens of a vocabulary, in the four groups in which a text is searched for them: in the original or in the
 * normalised text, with special tokens or without.
 */
final class AddedTokens {
    /** Longest added token, in UTF-16 units: it bounds the time that matching takes for each character. */
    static final int MAX_LENGTH = 1024;

    /** Characters of all added tokens: matching takes some hundred bytes of memory for each. */
    static final int MAX_TOTAL_LENGTH = 1 << 20;

    private final AddedTokenMatcher plain;
    private final AddedTokenMatcher plainAndSpecial;
    private final AddedTokenMatcher normalizedPlain;
    private final AddedTokenMatcher normalizedPlainAndSpecial;

    /**
     * @param source the file and {@code field} the list of tokens, for messages
     * @param tokens with contents as they stand in the file
     * @param normalizer applied to the contents of normalised tokens, as it is to the text
     */
    AddedTokens(String source, String field, List<AddedToken> tokens, UnaryOperator<String> normalizer) {
        long total = 0;
        for (AddedToken token : tokens) {
            total += token.content().length();
            if (token.content().length() > MAX_LENGTH) {
                throw ModelFormatException.of(
                        source,
                        field,
                        "added token " + token.id() + " with " + token.content().length() + " characters",
                        "at most " + MAX_LENGTH);
            }
        }
        if (total > MAX_TOTAL_LENGTH) {
            throw ModelFormatException.of(
                    source, field, "added tokens of " + total + " characters in all", "at most " + MAX_TOTAL_LENGTH);
        }
        List<AddedToken> original = tokens.stream()
                .filter(token -> !token.normalized() && !token.content().isEmpty())
                .toList();
        List<AddedToken> normalized = tokens.stream()
                .filter(token -> token.normalized() && !token.content().isEmpty())
                .map(token -> new AddedToken(
                        token.id(),
                        normalizer.apply(token.content()),
                        token.special(),
                        token.singleWord(),
                        token.stripLeft(),
                        token.stripRight(),
                        true))
                .toList();
        plain = matcher(original, false);
        plainAndSpecial = matcher(original, true);
        normalizedPlain = matcher(normalized, false);
        normalizedPlainAndSpecial = matcher(normalized, true);
    }

    private static AddedTokenMatcher matcher(List<AddedToken> tokens, boolean special) {
        return new AddedTokenMatcher(
                tokens.stream().filter(token -> special || !token.special()).toList());
    }

    /** The matcher for the text as it was given. */
    AddedTokenMatcher inOriginal(boolean special) {
        return special ? plainAndSpecial : plain;
    }

    /** The matcher for the normalised text. */
    AddedTokenMatcher inNormalized(boolean special) {
        return special ? normalizedPlainAndSpecial : normalizedPlain;
    }
}
