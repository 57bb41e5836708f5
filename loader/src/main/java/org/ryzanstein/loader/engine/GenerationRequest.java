package org.ryzanstein.loader.engine;

import java.util.List;
import java.util.Optional;
import org.ryzanstein.loader.sampling.SamplingOptions;

/**
 * One sequence to complete.
 *
 * @param prompt token ids, at least one, the beginning-of-text token included where the model wants it
 * @param maxTokens most tokens to generate; 0 only evaluates the prompt
 * @param stop strings that end the text; they are not part of it
 * @param ignoreEndOfGeneration goes on past end-of-turn tokens
 * @param renderControl whether control tokens show in the text
 * @param logits sees the logits after each position from {@code logitsFrom} on, prompt and generated
 * @param logitsFrom the first position whose logits are shown
 */
public record GenerationRequest(
        int[] prompt,
        int maxTokens,
        SamplingOptions sampling,
        List<String> stop,
        boolean ignoreEndOfGeneration,
        boolean renderControl,
        Optional<LogitsObserver> logits,
        int logitsFrom) {
    public GenerationRequest {
        prompt = prompt.clone();
        stop = List.copyOf(stop);
        if (prompt.length == 0) {
            throw new InvalidRequestException("prompt", "found no tokens, expected at least one");
        }
        if (maxTokens < 0) {
            throw new InvalidRequestException("max_tokens", "found " + maxTokens + ", expected 0 or more");
        }
        if (logitsFrom < 0) {
            throw new InvalidRequestException("logits_from", "found " + logitsFrom + ", expected 0 or more");
        }
        for (String text : stop) {
            if (text.isEmpty()) {
                throw new InvalidRequestException("stop", "found an empty string, expected at least one character");
            }
        }
    }

    /** Greedy decoding of a prompt. */
    public static GenerationRequest greedy(int[] prompt, int maxTokens) {
        return new GenerationRequest(
                prompt, maxTokens, SamplingOptions.greedy(), List.of(), false, false, Optional.empty(), 0);
    }

    public GenerationRequest withSampling(SamplingOptions options) {
        return new GenerationRequest(
                prompt, maxTokens, options, stop, ignoreEndOfGeneration, renderControl, logits, logitsFrom);
    }

    public GenerationRequest withStop(List<String> strings) {
        return new GenerationRequest(
                prompt, maxTokens, sampling, strings, ignoreEndOfGeneration, renderControl, logits, logitsFrom);
    }

    public GenerationRequest withIgnoreEndOfGeneration(boolean ignore) {
        return new GenerationRequest(prompt, maxTokens, sampling, stop, ignore, renderControl, logits, logitsFrom);
    }

    public GenerationRequest withRenderControl(boolean render) {
        return new GenerationRequest(
                prompt, maxTokens, sampling, stop, ignoreEndOfGeneration, render, logits, logitsFrom);
    }

    /** Shows the logits after position {@code from} and all later ones to an observer. */
    public GenerationRequest withLogits(int from, LogitsObserver observer) {
        return new GenerationRequest(
                prompt, maxTokens, sampling, stop, ignoreEndOfGeneration, renderControl, Optional.of(observer), from);
    }

    @Override
    public int[] prompt() {
        return prompt.clone();
    }
}
