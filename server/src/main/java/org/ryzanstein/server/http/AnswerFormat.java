package org.ryzanstein.server.http;

import java.util.List;
import java.util.Optional;
import org.ryzanstein.loader.engine.GeneratedToken;
import org.ryzanstein.loader.engine.GenerationResult;
import org.ryzanstein.server.http.dto.Usage;

/** How generated tokens become the JSON objects of one endpoint's answer. For one request, one thread. */
interface AnswerFormat {
    /** The whole answer. */
    Object whole(List<GenerationResult> results, Usage usage);

    /** The first chunk of a choice, where it has one. */
    Optional<Object> opening(int choice);

    /** The chunk of a token; none where it shows nothing. */
    Optional<Object> token(int choice, GeneratedToken token);

    /** The last chunk of a choice, with the text that no token has shown: what was held back for a stop string. */
    Object closing(int choice, GenerationResult result);

    /** The chunk of usage after all choices. */
    Object usage(Usage usage);

    /** OpenAI's word for the end of a generation. */
    static String finishReason(GenerationResult result) {
        return switch (result.finishReason()) {
            case STOP -> "stop";
            case LENGTH -> "length";
            case CANCELLED -> throw ModelSlot.stoppingError();
        };
    }
}
