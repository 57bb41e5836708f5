package org.ryzanstein.backend.cpu;

/**
 * The inner loops of {@link TiledAttention} for vectors of one instruction set. Lanes are neighbouring positions where keys are
 * scored, for which keys lie in (dimension, position) order, and neighbouring elements where values are summed: so each sum keeps
 * the contract's order, and none is taken across lanes.
 */
public interface AttentionLoops {
    /** Accumulators of a score: element d goes to number d mod 4. */
    int ACCUMULATORS = 4;

    /** Lanes of a vector. A page and a row of scores hold whole vectors. */
    int lanes();

    /** Whether there are registers for four queries at a time; otherwise two are faster. */
    boolean takesFour();

    /** As {@link #scoreTwo} for four queries, whose scores go to {@code to} and each {@code stride} further on. */
    void scoreFour(
            float[] keys,
            int at,
            int page,
            int positions,
            float[] q,
            int first,
            int second,
            int third,
            int fourth,
            int dimension,
            float scale,
            float[] scores,
            int to,
            int stride);

    /**
     * Scores of two queries at neighbouring positions of a page; whole vectors may score positions beyond the last.
     *
     * @param at the first position's first element
     * @param page from one element of a key to the next
     * @param first where the first query begins
     * @param second where the second one begins
     * @param dimension a multiple of {@value #ACCUMULATORS}
     * @param to where the first query's scores go; the second's go to {@code to + stride}
     */
    void scoreTwo(
            float[] keys,
            int at,
            int page,
            int positions,
            float[] q,
            int first,
            int second,
            int dimension,
            float scale,
            float[] scores,
            int to,
            int stride);

    /** The largest of so many scores, at least one, or NaN if one of them is not finite; pads the last vector. */
    float max(float[] scores, int from, int count);

    /** x[i] = exp(x[i] - max) for so many elements and those that fill the last vector. */
    void exp(float[] x, int from, int count, float max);

    /** As {@link #addTwo} for four queries. */
    void addFour(
            float[] values,
            int first,
            int dimension,
            int count,
            float[] weights,
            int from,
            int weightStride,
            float[] sums,
            int to);

    /**
     * sums[d] = fma(weight_p, value_p[d], sums[d]) in rising p, for two queries.
     *
     * @param first the first value's first element; values lie one behind the other
     * @param from the first query's first weight; the second's is {@code weightStride} further on
     * @param to the first query's sums; the second's are {@code dimension} further on
     */
    void addTwo(
            float[] values,
            int first,
            int dimension,
            int count,
            float[] weights,
            int from,
            int weightStride,
            float[] sums,
            int to);

    /** The same for one query. */
    void addOne(float[] values, int first, int dimension, int count, float[] weights, int from, float[] sums, int to);
}
