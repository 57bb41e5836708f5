package org.ryzanstein.server.http.dto;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A whole chat answer. */
public record ChatCompletion(
        String id,
        String object,
        long created,
        String model,
        String systemFingerprint,
        List<Choice> choices,
        Usage usage) {
    /** One answer. */
    public record Choice(
            int index, Message message, @Nullable ChatLogprobs logprobs, String finishReason) {}

    /** The assistant's message. */
    public record Message(
            String role, String content, @Nullable String refusal) {}
}
