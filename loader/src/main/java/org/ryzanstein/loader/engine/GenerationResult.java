package org.ryzanstein.loader.engine;

import java.util.List;

/**
 * A finished generation.
 *
 * @param text the generated text without stop string
 * @param tokens the generated tokens; an end-of-turn token is not among them
 * @param promptTokens length of the prompt
 */
public record GenerationResult(
        String text, List<GeneratedToken> tokens, int promptTokens, FinishReason finishReason, Timings timings) {
    public GenerationResult {
        tokens = List.copyOf(tokens);
    }

    /**
     * The end of the text that no token carries: what was held back, for an unfinished character or a possible stop string,
     * when an end-of-turn token or a cancellation came. The texts of the tokens, then this, are the text.
     */
    public String tail() {
        int carried = tokens.stream().mapToInt(token -> token.text().length()).sum();
        return text.substring(carried);
    }

    /** The generated token ids. */
    public int[] ids() {
        return tokens.stream().mapToInt(GeneratedToken::id).toArray();
    }
}
