package org.ryzanstein.loader.sampling;

import java.util.List;

/**
 * Natural logarithms of the probabilities that the model itself gave: softmax of its raw logits, before bias, penalties,
 * temperature and truncation.
 *
 * @param token the chosen token
 * @param logprob of the chosen token
 * @param top the tokens that the model found most likely, by falling logit, equal ones by rising id; as many as were asked
 *     for. The chosen token need not be among them.
 */
public record Logprobs(int token, double logprob, List<Alternative> top) {
    public Logprobs {
        top = List.copyOf(top);
    }

    /** A token that could have been chosen. */
    public record Alternative(int token, double logprob) {}
}
