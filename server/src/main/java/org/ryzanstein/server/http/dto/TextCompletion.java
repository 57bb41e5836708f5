package org.ryzanstein.server.http.dto;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A plain completion, or a streamed piece of one.
 *
 * @param usage absent in all pieces but the last
 */
public record TextCompletion(
        String id,
        String object,
        long created,
        String model,
        String systemFingerprint,
        List<Choice> choices,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Usage usage) {
    /** One completion. */
    public record Choice(
            int index,
            String text,
            @Nullable TextLogprobs logprobs,
            @Nullable String finishReason) {}
}
