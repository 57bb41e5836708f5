package org.ryzanstein.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import org.ryzanstein.loader.engine.GenerationRequest;
import org.ryzanstein.loader.sampling.SamplingOptions;

/**
 * The fields that both endpoints have in common.
 *
 * @param seed of the first choice; the next ones take the numbers after it
 * @param choices for each prompt
 */
record GenerationFields(
        SamplingOptions sampling,
        long seed,
        OptionalInt maxTokens,
        List<String> stop,
        int choices,
        boolean ignoreEndOfGeneration,
        Responder.Streaming streaming) {
    private static final int MAX_STOPS = 16;
    private static final int MAX_STOP_LENGTH = 1024;
    private static final int MAX_BIASES = 1024;

    /** Most generations of one request: prompts times choices. */
    static final int MAX_GENERATIONS = 128;

    /**
     * Reads them.
     *
     * @param logprobs alternatives to report, -1 for no log-probabilities
     */
    static GenerationFields read(Fields fields, int vocabularySize, int logprobs) {
        SamplingOptions sampling = SamplingOptions.builder()
                .temperature((float) fields.number("temperature", 0, 2).orElse(1))
                .topP((float) fields.number("top_p", 0, 1).orElse(1))
                .topK(fields.integer("top_k", -1, Integer.MAX_VALUE).orElse(0))
                .minP((float) fields.number("min_p", 0, 1).orElse(0))
                .repetitionPenalty(
                        (float) fields.number("repetition_penalty", 0.01, 100).orElse(1))
                .frequencyPenalty(
                        (float) fields.number("frequency_penalty", -2, 2).orElse(0))
                .presencePenalty(
                        (float) fields.number("presence_penalty", -2, 2).orElse(0))
                .logitBias(logitBias(fields, vocabularySize))
                .logprobs(logprobs)
                .build();
        OptionalLong seed = fields.longInteger("seed");
        return new GenerationFields(
                sampling,
                seed.orElseGet(() -> ThreadLocalRandom.current().nextLong()),
                maxTokens(fields),
                stop(fields),
                fields.integer("n", 1, MAX_GENERATIONS).orElse(1),
                fields.flag("ignore_eos").orElse(false),
                streaming(fields));
    }

    /** The request of one choice of one prompt. */
    GenerationRequest request(int[] prompt, int tokens, int choice) {
        return GenerationRequest.greedy(prompt, tokens)
                .withSampling(sampling.toBuilder().seed(seed + choice).build())
                .withStop(stop)
                .withIgnoreEndOfGeneration(ignoreEndOfGeneration);
    }

    /**
     * The tokens to generate after a prompt.
     *
     * @param otherwise used where the request names no number, cut to what the context leaves
     * @throws ApiException if the prompt, or prompt and tokens, exceed the context
     */
    int room(String promptField, int promptTokens, int contextLength, int otherwise) {
        int free = contextLength - promptTokens;
        int wanted = maxTokens.orElse(Math.max(1, Math.min(otherwise, free)));
        if (wanted > free) {
            throw new ApiException(
                    400,
                    ApiException.INVALID_REQUEST,
                    promptField,
                    "context_length_exceeded",
                    promptField + ": this model's context holds " + contextLength + " tokens, but " + promptTokens
                            + " in the prompt and " + wanted + " to generate were asked for;"
                            + " shorten the prompt or lower max_tokens");
        }
        return wanted;
    }

    private static OptionalInt maxTokens(Fields fields) {
        OptionalInt current = fields.integer("max_completion_tokens", 0, Integer.MAX_VALUE);
        OptionalInt older = fields.integer("max_tokens", 0, Integer.MAX_VALUE);
        if (current.isPresent() && older.isPresent() && !current.equals(older)) {
            throw ApiException.invalid(
                    "max_tokens",
                    "found " + older.getAsInt() + " beside max_completion_tokens " + current.getAsInt()
                            + ", expected one of them");
        }
        return current.isPresent() ? current : older;
    }

    private static List<String> stop(Fields fields) {
        JsonNode value = fields.value("stop");
        if (value == null) {
            return List.of();
        }
        List<String> stops = new ArrayList<>();
        if (value.isArray()) {
            if (value.size() > MAX_STOPS) {
                throw ApiException.invalid("stop", "found " + value.size() + " strings, expected at most " + MAX_STOPS);
            }
            for (int i = 0; i < value.size(); i++) {
                stops.add(stop(value.get(i), "stop[" + i + "]"));
            }
        } else {
            stops.add(stop(value, "stop"));
        }
        return stops;
    }

    private static String stop(JsonNode value, String path) {
        String text = Fields.text(value, path);
        if (text.isEmpty() || text.length() > MAX_STOP_LENGTH) {
            throw ApiException.invalid(
                    path, "found " + text.length() + " characters, expected 1 to " + MAX_STOP_LENGTH);
        }
        return text;
    }

    private static Map<Integer, Float> logitBias(Fields fields, int vocabularySize) {
        Map<Integer, Float> biases = new HashMap<>();
        Fields members = fields.object("logit_bias").orElse(null);
        if (members == null) {
            return biases;
        }
        List<String> names = members.names();
        if (names.size() > MAX_BIASES) {
            throw ApiException.invalid(
                    "logit_bias", "found " + names.size() + " tokens, expected at most " + MAX_BIASES);
        }
        for (String name : names) {
            int id = name.matches("[0-9]{1,9}") ? Integer.parseInt(name) : -1;
            if (id < 0 || id >= vocabularySize) {
                throw ApiException.invalid(
                        "logit_bias",
                        "found " + Fields.quote(name) + ", expected a token id from 0 to " + (vocabularySize - 1));
            }
            members.number(name, -100, 100).ifPresent(bias -> biases.put(id, (float) bias));
        }
        return biases;
    }

    private static Responder.Streaming streaming(Fields fields) {
        boolean stream = fields.flag("stream").orElse(false);
        Fields options = fields.object("stream_options").orElse(null);
        if (options == null) {
            return new Responder.Streaming(stream, false);
        }
        if (!stream) {
            throw ApiException.invalid("stream_options", "found without stream, expected only with stream true");
        }
        return new Responder.Streaming(true, options.flag("include_usage").orElse(false));
    }
}
