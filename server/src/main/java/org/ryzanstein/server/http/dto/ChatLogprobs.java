package org.ryzanstein.server.http.dto;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Log-probabilities of chat tokens. */
public record ChatLogprobs(List<Token> content, @Nullable List<Token> refusal) {
    /**
     * A generated token.
     *
     * @param token its text, with U+FFFD for parts of a character
     * @param bytes its UTF-8 bytes, 0 to 255 each
     */
    public record Token(String token, double logprob, List<Integer> bytes, List<Alternative> topLogprobs) {}

    /** A token that was likely there. */
    public record Alternative(String token, double logprob, List<Integer> bytes) {}
}
