package org.ryzanstein.api.kernel;

/** A float32 vector of weights: a norm's gains or a bias. */
public interface VectorWeights {
    String name();

    int length();
}
