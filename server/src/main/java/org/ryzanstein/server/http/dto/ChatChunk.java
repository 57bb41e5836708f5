package org.ryzanstein.server.http.dto;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A piece of a streamed chat answer.
 *
 * @param usage in the last chunk, where it was asked for
 */
public record ChatChunk(
        String id,
        String object,
        long created,
        String model,
        String systemFingerprint,
        List<Choice> choices,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Usage usage) {
    /** A piece of one answer. */
    public record Choice(
            int index,
            Delta delta,
            @Nullable ChatLogprobs logprobs,
            @Nullable String finishReason) {}

    /** What is new: the role first, then text, at the end nothing. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Delta(@Nullable String role, @Nullable String content) {}
}
