package org.ryzanstein.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.GeneratedToken;
import org.ryzanstein.loader.engine.GenerationRequest;
import org.ryzanstein.loader.engine.GenerationResult;
import org.ryzanstein.loader.tokenizer.Tokenizer;

/** What {@code generate --json} prints. */
final class GenerationJson {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Engine engine;
    private final GenerationRequest request;
    private final GenerationResult result;

    GenerationJson(Engine engine, GenerationRequest request, GenerationResult result) {
        this.engine = engine;
        this.request = request;
        this.result = result;
    }

    static String finishReason(GenerationResult result) {
        return result.finishReason().name().toLowerCase(Locale.ROOT);
    }

    /** The object on one line. */
    String text(@Nullable List<String> hashes) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("text", result.text());
        ArrayNode ids = root.putArray("token_ids");
        for (int id : result.ids()) {
            ids.add(id);
        }
        ArrayNode promptIds = root.putArray("prompt_token_ids");
        for (int id : request.prompt()) {
            promptIds.add(id);
        }
        root.put("finish_reason", finishReason(result));
        int completion = result.tokens().size();
        root.putObject("usage")
                .put("prompt_tokens", result.promptTokens())
                .put("completion_tokens", completion)
                .put("total_tokens", result.promptTokens() + completion);
        root.putObject("timings")
                .put("prefill_tokens_per_second", result.timings().prefillTokensPerSecond())
                .put("decode_tokens_per_second", result.timings().decodeTokensPerSecond())
                .put("time_to_first_token_ms", result.timings().timeToFirstTokenMillis());
        root.put("backend", engine.backend());
        root.put("model", engine.model().name());
        if (request.sampling().temperature() > 0) {
            root.put("seed", request.sampling().seed());
        }
        if (request.sampling().logprobs() >= 0) {
            logprobs(root.putArray("logprobs"));
        }
        if (hashes != null) {
            ArrayNode list = root.putArray("logits_sha256");
            hashes.forEach(list::add);
        }
        return write(root);
    }

    private void logprobs(ArrayNode list) {
        Tokenizer tokenizer = engine.tokenizer();
        for (GeneratedToken token : result.tokens()) {
            token.logprobs().ifPresent(logprobs -> {
                ObjectNode node = list.addObject();
                node.put("id", token.id())
                        .put("token", spelling(tokenizer, token.id()))
                        .put("logprob", logprobs.logprob());
                ArrayNode top = node.putArray("top");
                logprobs.top()
                        .forEach(one -> top.addObject()
                                .put("id", one.token())
                                .put("token", spelling(tokenizer, one.token()))
                                .put("logprob", one.logprob()));
            });
        }
    }

    /** A head may be wider than the vocabulary. */
    private static String spelling(Tokenizer tokenizer, int id) {
        return id < tokenizer.vocabularySize() ? tokenizer.token(id) : "";
    }

    static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("plain values can't be written as JSON", e);
        }
    }
}
