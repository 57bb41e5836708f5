package org.ryzanstein.loader.sampling;

import java.util.Map;

/**
 * How the tokens of one request are chosen. The canonical constructor checks each field and throws
 * {@link IllegalArgumentException} with its name on the wire, the allowed range and what was found.
 *
 * @param temperature 0: greedy, else logits are divided by it; 0 to 2
 * @param topK only the k best tokens stay; 0 or -1: all (kept as 0)
 * @param topP only the best tokens that together hold this share of the probability stay; 0 to 1, 1: all
 * @param minP only tokens with at least this share of the best one's probability stay; 0 to 1, 0: all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens in the prompt or the answer; 0.01 to
 *     100, 1: none
 * @param frequencyPenalty is subtracted once for each time that a token was generated; -2 to 2
 * @param presencePenalty is subtracted once if a token was generated; -2 to 2
 * @param penaltyWindow the repetition penalty looks at the last n tokens of prompt and answer; -1: at all of them,
 *     0: at none
 * @param logitBias is added to a token's logit; -100 to 100, or negative infinity, which bans the token
 * @param seed of {@link CounterRandom}
 * @param logprobs number of best alternatives to report with each token, 0 to 20; 0: the chosen token only; -1: none
 */
public record SamplingOptions(
        float temperature,
        int topK,
        float topP,
        float minP,
        float repetitionPenalty,
        float frequencyPenalty,
        float presencePenalty,
        int penaltyWindow,
        Map<Integer, Float> logitBias,
        long seed,
        int logprobs) {
    /** The most alternatives that can be asked for. */
    public static final int MAX_LOGPROBS = 20;

    private static final float MAX_BIAS = 100f;
    private static final SamplingOptions GREEDY = new SamplingOptions(0f, 0, 1f, 0f, 1f, 0f, 0f, -1, Map.of(), 0L, -1);

    public SamplingOptions {
        requireRange("temperature", temperature, 0f, 2f);
        requireAtLeastMinusOne("top_k", topK);
        topK = Math.max(topK, 0);
        requireRange("top_p", topP, 0f, 1f);
        requireRange("min_p", minP, 0f, 1f);
        requireRange("repetition_penalty", repetitionPenalty, 0.01f, 100f);
        requireRange("frequency_penalty", frequencyPenalty, -2f, 2f);
        requireRange("presence_penalty", presencePenalty, -2f, 2f);
        requireAtLeastMinusOne("penalty_window", penaltyWindow);
        logitBias = Map.copyOf(logitBias);
        logitBias.forEach(SamplingOptions::requireBias);
        if (logprobs < -1 || logprobs > MAX_LOGPROBS) {
            throw new IllegalArgumentException(
                    "logprobs must be -1 (none) or from 0 to " + MAX_LOGPROBS + ", found " + logprobs);
        }
    }

    /** Always the token with the highest logit; no penalties, no bias, no log-probabilities. */
    public static SamplingOptions greedy() {
        return GREEDY;
    }

    /** A builder that begins with {@link #greedy()}. */
    public static Builder builder() {
        return new Builder(GREEDY);
    }

    /** A builder that begins with these options. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    private static void requireRange(String field, float value, float least, float most) {
        if (!(value >= least && value <= most)) {
            throw new IllegalArgumentException(
                    field + " must be from " + number(least) + " to " + number(most) + ", found " + number(value));
        }
    }

    private static void requireAtLeastMinusOne(String field, int value) {
        if (value < -1) {
            throw new IllegalArgumentException(field + " must be -1 or more, found " + value);
        }
    }

    private static void requireBias(int token, float bias) {
        if (token < 0) {
            throw new IllegalArgumentException("logit_bias: token ids are 0 or more, found " + token);
        }
        if (!(bias >= -MAX_BIAS && bias <= MAX_BIAS) && bias != Float.NEGATIVE_INFINITY) {
            throw new IllegalArgumentException("logit_bias of token " + token
                    + " must be from -100 to 100, or negative infinity, found " + number(bias));
        }
    }

    private static String number(float value) {
        return value == (int) value ? Integer.toString((int) value) : Float.toString(value);
    }

    /** Collects options; {@link #build} checks them. */
    public static final class Builder {
        private float temperature;
        private int topK;
        private float topP;
        private float minP;
        private float repetitionPenalty;
        private float frequencyPenalty;
        private float presencePenalty;
        private int penaltyWindow;
        private Map<Integer, Float> logitBias;
        private long seed;
        private int logprobs;

        private Builder(SamplingOptions start) {
            temperature = start.temperature;
            topK = start.topK;
            topP = start.topP;
            minP = start.minP;
            repetitionPenalty = start.repetitionPenalty;
            frequencyPenalty = start.frequencyPenalty;
            presencePenalty = start.presencePenalty;
            penaltyWindow = start.penaltyWindow;
            logitBias = start.logitBias;
            seed = start.seed;
            logprobs = start.logprobs;
        }

        public Builder temperature(float value) {
            temperature = value;
            return this;
        }

        public Builder topK(int value) {
            topK = value;
            return this;
        }

        public Builder topP(float value) {
            topP = value;
            return this;
        }

        public Builder minP(float value) {
            minP = value;
            return this;
        }

        public Builder repetitionPenalty(float value) {
            repetitionPenalty = value;
            return this;
        }

        public Builder frequencyPenalty(float value) {
            frequencyPenalty = value;
            return this;
        }

        public Builder presencePenalty(float value) {
            presencePenalty = value;
            return this;
        }

        public Builder penaltyWindow(int value) {
            penaltyWindow = value;
            return this;
        }

        public Builder logitBias(Map<Integer, Float> value) {
            logitBias = value;
            return this;
        }

        public Builder seed(long value) {
            seed = value;
            return this;
        }

        public Builder logprobs(int value) {
            logprobs = value;
            return this;
        }

        /**
         * Makes the options.
         *
         * @throws IllegalArgumentException if one is out of its range, naming it
         */
        public SamplingOptions build() {
            return new SamplingOptions(
                    temperature,
                    topK,
                    topP,
                    minP,
                    repetitionPenalty,
                    frequencyPenalty,
                    presencePenalty,
                    penaltyWindow,
                    logitBias,
                    seed,
                    logprobs);
        }
    }
}
