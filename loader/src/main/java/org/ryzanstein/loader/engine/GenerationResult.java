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

    /** The generated token ids. */
    public int[] ids() {
        return tokens.stream().mapToInt(GeneratedToken::id).toArray();
    }
}
