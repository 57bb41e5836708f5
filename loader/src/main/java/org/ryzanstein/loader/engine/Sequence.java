package org.ryzanstein.loader.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.loader.sampling.Sampler;
import org.ryzanstein.loader.sampling.StopMatcher;
import org.ryzanstein.loader.tokenizer.Detokenizer;
import org.ryzanstein.loader.tokenizer.Tokenizer;

/**
 * One request on its way: its tokens, how many of them have been computed, and what came out. Belongs to the step loop's
 * thread once it was submitted.
 */
final class Sequence {
    private static final int[] NO_BLOCKS = {};

    private final GenerationRequest request;
    private final Tokenizer tokenizer;
    private final Sampler sampler;
    private final Detokenizer detokenizer;
    private final StopMatcher stops;
    private final Delivery delivery;
    private final long submittedAt = System.nanoTime();

    private final int[] tokens;
    private final int promptLength;
    private int length;
    private int computed;
    /** The first position whose logits the request's observer has not seen and wants to. */
    private int observed;

    private final List<GeneratedToken> generated = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();

    private int slot = -1;
    private int[] blocks = NO_BLOCKS;
    private long startedAt;
    private long firstTokenAt;
    private @Nullable FinishReason finishReason;

    Sequence(GenerationRequest request, Tokenizer tokenizer, Sampler sampler, StopMatcher stops, Delivery delivery) {
        this.request = request;
        this.tokenizer = tokenizer;
        this.sampler = sampler;
        this.delivery = delivery;
        this.stops = stops;
        int[] prompt = request.prompt();
        this.detokenizer = tokenizer.detokenizerAfter(prompt, request.renderControl());
        this.promptLength = prompt.length;
        this.tokens = Arrays.copyOf(prompt, prompt.length + request.maxTokens());
        this.length = promptLength;
        this.observed = request.logitsFrom();
        sampler.acceptPrompt(prompt);
    }

    Delivery delivery() {
        return delivery;
    }

    /** The most positions that it can need in the KV cache. */
    int maxPositions() {
        return tokens.length;
    }

    void admit(int newSlot, int[] newBlocks) {
        slot = newSlot;
        blocks = newBlocks;
        startedAt = System.nanoTime();
    }

    int slot() {
        return slot;
    }

    int[] blocks() {
        return blocks;
    }

    /** Whether its next step may compute several tokens: of the prompt, or of all that it had when ranks were lost. */
    boolean isPrefilling() {
        return pending() > 1;
    }

    /** Whether it is computed again after a loss of ranks, though part of its answer was delivered: somebody sees a pause. */
    boolean isReplayed() {
        return isPrefilling() && length > promptLength;
    }

    /** Forgets what was computed, not what came of it: the same tokens are computed again. */
    void rewind() {
        computed = 0;
    }

    /** Tokens that are known but not computed. */
    int pending() {
        return length - computed;
    }

    /**
     * Adds up to {@code most} of its pending tokens to a batch, fewer if the outputs wanted would exceed
     * {@code mostOutputs}.
     */
    void addTo(StepBatch batch, int most, int mostOutputs) {
        int end = computed + Math.min(most, pending());
        for (int position = computed; position < end; position++) {
            int wanted = wanted(position);
            if (wanted != 0 && batch.outputs() == mostOutputs) {
                return;
            }
            batch.add(tokens[position], slot, position, wanted);
        }
    }

    private int wanted(int position) {
        if (request.logits().isPresent() && position >= observed) {
            return StepBatch.DISTRIBUTION;
        }
        return position == length - 1 && hasRoom() ? sampler.wanted() : 0;
    }

    private boolean hasRoom() {
        return length < tokens.length;
    }

    /** Notes that the token at a position has been computed and nothing else is wanted of it. */
    void computed(int position) {
        computed = position + 1;
        if (computed == length && !hasRoom()) {
            finish(FinishReason.LENGTH);
        }
    }

    /** Takes all logits that follow a position. */
    void accept(int position, float[] logits) {
        if (position >= observed) {
            observed = position + 1;
            request.logits().ifPresent(observer -> observer.logits(position, logits));
        }
        if (position == length - 1 && hasRoom()) {
            append(sampler.choose(logits, length));
        }
        computed(position);
    }

    /** Takes the candidates that follow the last position. */
    void accept(int position, int[] ids, float[] logits, int count) {
        append(sampler.choose(ids, logits, count, length));
        computed(position);
    }

    private void append(int id) {
        if (firstTokenAt == 0) {
            firstTokenAt = System.nanoTime();
        }
        if (!request.ignoreEndOfGeneration() && tokenizer.endOfGeneration().contains(id)) {
            finish(FinishReason.STOP);
            return;
        }
        sampler.accept(id);
        tokens[length++] = id;
        // A head wider than the vocabulary has columns that stand for no token.
        String piece = id < tokenizer.vocabularySize() ? detokenizer.append(id) : "";
        String released = stops.append(piece);
        boolean last = stops.stopped() || !hasRoom();
        if (last && !stops.stopped()) {
            released += stops.append(detokenizer.flush());
            released += stops.flush();
        }
        emit(id, released);
        if (last) {
            finish(stops.stopped() ? FinishReason.STOP : FinishReason.LENGTH);
        }
    }

    private void emit(int id, String released) {
        text.append(released);
        GeneratedToken token = new GeneratedToken(
                generated.size(),
                id,
                released,
                request.sampling().logprobs() >= 0 ? Optional.of(sampler.logprobs()) : Optional.empty());
        generated.add(token);
        delivery.token(token);
    }

    private void finish(FinishReason reason) {
        if (finishReason == null) {
            finishReason = reason;
        }
    }

    boolean isFinished() {
        return finishReason != null;
    }

    void cancel() {
        finish(FinishReason.CANCELLED);
    }

    /** Delivers the result; text held back for a stop string that did not come is part of it. */
    void deliverEnd() {
        if (finishReason == null) {
            throw new IllegalStateException("the sequence is not finished");
        }
        if (!stops.stopped()) {
            text.append(stops.append(detokenizer.flush())).append(stops.flush());
        }
        delivery.finished(new GenerationResult(text.toString(), generated, promptLength, finishReason, timings()));
    }

    private Timings timings() {
        long now = System.nanoTime();
        long started = startedAt == 0 ? now : startedAt;
        long first = firstTokenAt == 0 ? now : firstTokenAt;
        return new Timings(
                started - submittedAt,
                first - started,
                now - first,
                Math.min(computed, promptLength),
                Math.max(0, generated.size() - 1));
    }
}
