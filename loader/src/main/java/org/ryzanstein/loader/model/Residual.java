package org.ryzanstein.loader.model;

/** How ranks hold the residual stream of a step. The results are the same to the bit. */
public enum Residual {
    /** Each rank has all of it: two all-reduces of sums a layer. */
    WHOLE,
    /**
     * Each rank has its own columns: for each of these all-reduces a reduce-scatter of the sums, and an all-gather of the quantised
     * digits that the next matrix reads. Fewer bytes, and norms, quantisation and additions are shared out, too, for two more
     * collectives, so it is for steps of many tokens. After sequence parallelism (Korthikanti et al., Reducing Activation
     * Recomputation in Large Transformer Models, 2022), which shares out rows instead of columns.
     */
    SPLIT
}
