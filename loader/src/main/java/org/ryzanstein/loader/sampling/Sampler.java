package org.ryzanstein.loader.sampling;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.StepBatch;

/**
 * Chooses the tokens of one request. The chain, in this order:
 *
 * <ol>
 *   <li>logit bias (added);
 *   <li>repetition penalty (N. S. Keskar et al., "CTRL", arXiv:1909.05858): positive logits are divided by it, others
 *       multiplied, once for each token in the last {@code penaltyWindow} tokens of prompt and answer;
 *   <li>frequency and presence penalties (OpenAI): logit - count * frequency - presence, where only generated tokens count,
 *       all of them, whatever the window;
 *   <li>temperature: 0 ends the chain with the highest logit, equal ones by lowest id;
 *   <li>top-k, then top-p (A. Holtzman et al., arXiv:1904.09751) on what top-k left, then min-p (arXiv:2407.01082);
 *   <li>the rest, renormalised, is drawn from by its inverse cumulative distribution, in falling order of the logits, equal
 *       ones by rising id, at a point that {@link CounterRandom} gives for (seed, position).
 * </ol>
 *
 * <p>What belongs to single tokens comes first, so that it sees the model's own scale; temperature comes before truncation,
 * as in vLLM and Transformers, so that top-p and min-p cut the distribution that is drawn from. Top-p counts a token in while
 * the ones before it have not reached p, so one always stays.
 *
 * <p>The same input gives the same token everywhere: see {@link SamplingWorkspace}. Not for use by several threads at a time.
 */
public final class Sampler {
    /** Top-k up to this number is served from candidates; beyond it all logits are asked for. */
    public static final int MAX_CANDIDATES = 256;

    private final SamplingOptions options;
    private final int vocabularySize;
    private final SamplingWorkspace workspace;
    private final LogitAdjustments adjustments;
    private final @Nullable LogprobMeter meter;
    private final boolean greedy;

    /**
     * Makes a sampler with a workspace of its own.
     *
     * @throws IllegalArgumentException if the bias names a token outside the vocabulary
     */
    public Sampler(SamplingOptions options, int vocabularySize) {
        this(options, vocabularySize, new SamplingWorkspace());
    }

    /** Makes a sampler that shares its workspace (16 bytes for each token of the vocabulary) with others of the same thread. */
    public Sampler(SamplingOptions options, int vocabularySize, SamplingWorkspace workspace) {
        if (vocabularySize < 1 || vocabularySize > SamplingWorkspace.MAX_VOCABULARY) {
            throw new IllegalArgumentException("vocabulary size must be from 1 to " + SamplingWorkspace.MAX_VOCABULARY
                    + ", found " + vocabularySize);
        }
        options.logitBias().keySet().stream()
                .filter(token -> token >= vocabularySize)
                .min(Integer::compare)
                .ifPresent(token -> {
                    throw new IllegalArgumentException(
                            "logit_bias: token ids are from 0 to " + (vocabularySize - 1) + ", found " + token);
                });
        this.options = options;
        this.vocabularySize = vocabularySize;
        this.workspace = workspace;
        adjustments = new LogitAdjustments(options);
        meter = options.logprobs() >= 0 ? new LogprobMeter(options.logprobs()) : null;
        greedy = options.temperature() == 0f || options.topK() == 1;
    }

    /**
     * What to ask of the output head: n for the n best candidates (1 when greedy), or {@link StepBatch#DISTRIBUTION}, which
     * is needed for bias, penalties and log-probabilities, and for a temperature without top-k or with one above
     * {@value #MAX_CANDIDATES}.
     *
     * <p>Candidates suffice where the chain's first step is the cut to the k best: from there on both ways run the same code
     * on the same k tokens, and its integer sums do not depend on the order, so the choice is the same to the bit.
     */
    public int wanted() {
        if (adjustments.active() || meter != null) {
            return StepBatch.DISTRIBUTION;
        }
        if (greedy) {
            return 1;
        }
        int k = Math.min(options.topK(), vocabularySize);
        return k > 0 && k <= MAX_CANDIDATES ? k : StepBatch.DISTRIBUTION;
    }

    /** Counts the tokens of the prompt, for the repetition penalty. */
    public void acceptPrompt(int[] tokens) {
        for (int token : tokens) {
            requireToken(token);
            adjustments.acceptPrompt(token);
        }
    }

    /** Counts a generated token, for all penalties. {@link #choose} does not do it by itself. */
    public void accept(int token) {
        requireToken(token);
        adjustments.acceptGenerated(token);
    }

    /**
     * Chooses from all logits.
     *
     * @param logits the model's, one for each token of the vocabulary; they are not changed
     * @param position the absolute position that the chosen token will have
     * @throws IllegalStateException if a logit is not finite, or all tokens are banned
     */
    public int choose(float[] logits, int position) {
        if (logits.length != vocabularySize) {
            throw new IllegalArgumentException(
                    "expected " + vocabularySize + " logits, one for each token, found " + logits.length);
        }
        for (int id = 0; id < vocabularySize; id++) {
            requireFinite(logits[id], id);
        }
        if (meter != null) {
            meter.measure(logits, vocabularySize, logits[argmax(logits, vocabularySize)]);
        }
        int token = chooseFinite(logits, position);
        if (meter != null) {
            meter.choose(token, logits[token]);
        }
        return token;
    }

    private int chooseFinite(float[] logits, int position) {
        boolean adjusted = adjustments.active();
        if (greedy && !adjusted) {
            return argmax(logits, vocabularySize);
        }
        float[] adjustable = workspace.load(logits, vocabularySize);
        if (adjusted) {
            adjustments.apply(adjustable);
            int best = workspace.best();
            if (adjustable[best] == Float.NEGATIVE_INFINITY) {
                throw new IllegalStateException("logit_bias bans all " + vocabularySize + " tokens");
            }
            if (greedy) {
                return best;
            }
        }
        return drawLoaded(position);
    }

    /**
     * Chooses from candidates, where {@link #wanted} is a number of them.
     *
     * @param ids the best tokens by falling logit, equal ones by rising id
     * @param logits of each candidate
     * @param count of the candidates, at least {@link #wanted}
     * @param position the absolute position that the chosen token will have
     * @throws IllegalStateException if all logits are needed, or the candidates are too few, out of order or not finite
     */
    public int choose(int[] ids, float[] logits, int count, int position) {
        int wanted = wanted();
        if (wanted == StepBatch.DISTRIBUTION) {
            throw new IllegalStateException("these options need all logits, found " + count + " candidates");
        }
        if (count < wanted) {
            throw new IllegalStateException("expected at least " + wanted + " candidates, found " + count);
        }
        for (int i = 0; i < count; i++) {
            requireToken(ids[i]);
            requireFinite(logits[i], ids[i]);
            if (i > 0 && !(logits[i] < logits[i - 1] || (logits[i] == logits[i - 1] && ids[i] > ids[i - 1]))) {
                throw new IllegalStateException("candidate " + i + ", token " + ids[i] + " with logit " + logits[i]
                        + ", is out of order after token " + ids[i - 1] + " with logit " + logits[i - 1]);
            }
        }
        if (greedy) {
            return ids[0];
        }
        workspace.load(ids, logits, wanted);
        return drawLoaded(position);
    }

    private int drawLoaded(int position) {
        if (options.topK() > 0) {
            workspace.topK(options.topK());
        }
        workspace.weigh(options.temperature());
        workspace.topP(options.topP());
        workspace.minP(options.minP());
        return workspace.draw(CounterRandom.bits(options.seed(), position, 0));
    }

    /**
     * Log-probabilities at the last choice.
     *
     * @throws IllegalStateException if they were not asked for, or nothing was chosen yet
     */
    public Logprobs logprobs() {
        if (meter == null) {
            throw new IllegalStateException("log-probabilities were not asked for: logprobs is -1");
        }
        return meter.result();
    }

    /** Index of the highest value, the lowest one among equals. */
    static int argmax(float[] values, int length) {
        int best = 0;
        for (int i = 1; i < length; i++) {
            if (values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }

    private static void requireFinite(float logit, int token) {
        if (!(Math.abs(logit) <= Float.MAX_VALUE)) {
            throw new IllegalStateException("logit of token " + token + " is " + logit + ", expected a finite number");
        }
    }

    private void requireToken(int token) {
        if (token < 0 || token >= vocabularySize) {
            throw new IllegalArgumentException("token ids are from 0 to " + (vocabularySize - 1) + ", found " + token);
        }
    }
}
