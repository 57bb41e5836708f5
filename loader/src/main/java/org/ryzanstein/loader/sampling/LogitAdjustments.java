package org.ryzanstein.loader.sampling;

import java.util.Arrays;

/**
 * What changes single logits: bias, then the repetition penalty, then the frequency and presence penalties. Each touches
 * only the tokens concerned.
 */
final class LogitAdjustments {
    private static final int FIRST_HISTORY = 64;

    private final int[] biasTokens;
    private final float[] biases;
    private final float repetition;
    private final float frequency;
    private final float presence;
    private final int window;
    private final boolean repetitionActive;
    private final boolean frequencyActive;
    private final TokenCounts inContext = new TokenCounts();
    private final TokenCounts generated = new TokenCounts();

    /** All tokens in order, kept only for a finite window. */
    private int[] history = new int[FIRST_HISTORY];

    private int historyLength;

    LogitAdjustments(SamplingOptions options) {
        biasTokens = options.logitBias().keySet().stream()
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
        biases = new float[biasTokens.length];
        for (int i = 0; i < biases.length; i++) {
            biases[i] = options.logitBias().getOrDefault(biasTokens[i], 0f);
        }
        repetition = options.repetitionPenalty();
        frequency = options.frequencyPenalty();
        presence = options.presencePenalty();
        window = options.penaltyWindow();
        repetitionActive = repetition != 1f && window != 0;
        frequencyActive = frequency != 0f || presence != 0f;
    }

    /** Whether any logit could be changed. */
    boolean active() {
        return biasTokens.length > 0 || repetitionActive || frequencyActive;
    }

    void acceptPrompt(int token) {
        if (repetitionActive) {
            countInContext(token);
        }
    }

    void acceptGenerated(int token) {
        acceptPrompt(token);
        if (frequencyActive) {
            generated.add(token);
        }
    }

    private void countInContext(int token) {
        inContext.add(token);
        if (window < 0) {
            return;
        }
        if (historyLength == history.length) {
            history = Arrays.copyOf(history, Math.multiplyExact(historyLength, 2));
        }
        history[historyLength++] = token;
        if (historyLength > window) {
            inContext.remove(history[historyLength - 1 - window]);
        }
    }

    /** Changes finite logits in place. */
    void apply(float[] logits) {
        for (int i = 0; i < biasTokens.length; i++) {
            int token = biasTokens[i];
            logits[token] += biases[i];
        }
        if (repetitionActive) {
            for (int slot = 0; slot < inContext.slots(); slot++) {
                if (inContext.count(slot) > 0) {
                    int token = inContext.token(slot);
                    float logit = logits[token];
                    set(logits, token, logit > 0f ? logit / repetition : logit * repetition);
                }
            }
        }
        if (frequencyActive) {
            for (int slot = 0; slot < generated.slots(); slot++) {
                int count = generated.count(slot);
                if (count > 0) {
                    int token = generated.token(slot);
                    set(logits, token, logits[token] - count * frequency - presence);
                }
            }
        }
    }

    private static void set(float[] logits, int token, float adjusted) {
        if (Math.abs(adjusted) > Float.MAX_VALUE && logits[token] != Float.NEGATIVE_INFINITY) {
            throw new IllegalStateException("logit " + logits[token] + " of token " + token + " became " + adjusted
                    + " by repetition, frequency or presence penalty");
        }
        logits[token] = adjusted;
    }
}
