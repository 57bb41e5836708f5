package org.ryzanstein.server.http.dto;

/** Tokens of one request: its prompts, and all that was generated for it. */
public record Usage(int promptTokens, int completionTokens, int totalTokens) {
    public static Usage of(int prompt, int completion) {
        return new Usage(prompt, completion, prompt + completion);
    }
}
