package org.ryzanstein.loader.sampling;

import java.util.ArrayList;
import java.util.List;
import org.ryzanstein.api.numerics.ContractMath;

/** Takes log-probabilities from raw logits: the sum of the contract, its logarithm by {@link StrictMath}. */
final class LogprobMeter {
    private final int[] topTokens;
    private final float[] topLogits;
    private int topCount;
    private double logSum;
    private int token = -1;
    private double logprob;

    LogprobMeter(int alternatives) {
        topTokens = new int[alternatives];
        topLogits = new float[alternatives];
    }

    /** Reads the logits of one step. Nothing is allocated. */
    void measure(float[] logits, int length, float max) {
        logSum = max + StrictMath.log(ContractMath.sumOfExponentials(logits, length, max));
        topCount = 0;
        if (topTokens.length == 0) {
            return;
        }
        for (int id = 0; id < length; id++) {
            if (topCount < topTokens.length || logits[id] > topLogits[topCount - 1]) {
                insert(id, logits[id]);
            }
        }
    }

    private void insert(int id, float logit) {
        int place = topCount < topTokens.length ? topCount++ : topCount - 1;
        while (place > 0 && topLogits[place - 1] < logit) {
            topLogits[place] = topLogits[place - 1];
            topTokens[place] = topTokens[place - 1];
            place--;
        }
        topLogits[place] = logit;
        topTokens[place] = id;
    }

    void choose(int chosen, float logit) {
        token = chosen;
        logprob = logit - logSum;
    }

    Logprobs result() {
        if (token < 0) {
            throw new IllegalStateException("no token was chosen yet");
        }
        List<Logprobs.Alternative> top = new ArrayList<>(topCount);
        for (int i = 0; i < topCount; i++) {
            top.add(new Logprobs.Alternative(topTokens[i], topLogits[i] - logSum));
        }
        return new Logprobs(token, logprob, top);
    }
}
