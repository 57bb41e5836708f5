package org.ryzanstein.api.kernel;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The operations of a step, recorded once in the order in which they run. Each works on as many rows as the batch has
 * tokens, or outputs, by the {@link RowSet} of its buffers; all buffers of one operation have the same one unless it says
 * otherwise. Inputs and outputs must not overlap unless it says so. Arithmetic is float32 and fixed to the bit by
 * docs/numerics.md; the formulas here are its summary. Wrong shapes fail at once with an IllegalArgumentException.
 */
public interface StepRecorder {
    /**
     * out[t] = table[token id of t]: floats as they are, blocks decoded as {@code WeightSource.Blocks} says. out: (tokens,
     * table.columns).
     */
    void embed(MatrixWeights table, Buffer out);

    /**
     * First half of a ternary layer's input: with t = in * gain (or in), writes out[.][0] = max |t| (not finite if any t is
     * not) and out[.][1 + b] = sum of squares of {@code in} over block b of {@code blockSize} columns (16 accumulators by the
     * index within the block modulo 16, fma, tree; the last block may be short).
     *
     * @param out shape (tokens, 1 + ceil(in.columns / blockSize))
     */
    void normStatistics(Buffer in, @Nullable VectorWeights gain, int blockSize, Buffer out);

    /**
     * Second half: int8 digits q = rint(t * s) and the factor max(A, 1e-5) / 127, where M is the largest of the statistics'
     * magnitudes, ss = their blocks added in order, r = 1 / sqrt(ss / normColumns + epsilon) (1 without a gain), A = M * r,
     * s = 127 / M if A >= 1e-5, else (127 / 1e-5) * r. A row with M, A or (with a gain) ss not finite is marked as faulted,
     * and its digits are 0.
     *
     * @param statistics of the whole row, which in a sharded layer is longer than {@code in}: for each shard in the order of
     *     its columns what {@link #normStatistics} gave for it, side by side
     * @param shardColumns columns of each shard's statistics, each at least 1
     * @param normColumns length of the whole row
     */
    default void quantize(
            Buffer in,
            @Nullable VectorWeights gain,
            Buffer statistics,
            int[] shardColumns,
            int normColumns,
            float epsilon,
            QuantizedActivations out) {
        if (in.columns() != out.columns()) {
            throw new IllegalArgumentException(
                    "quantized activations: " + out.columns() + " columns, expected " + in.columns());
        }
        quantizePart(in, gain, statistics, shardColumns, normColumns, epsilon, out, 0);
        takeDigits(out);
    }

    /**
     * As {@link #quantize}, but {@code in} has only some of the columns of {@code out}, from {@code firstColumn} on, a multiple
     * of 4. The others keep their digits, until {@link QuantizedActivations#digits} gets those of the ranks that have them.
     * {@code out} may be multiplied after {@link #takeDigits}.
     */
    void quantizePart(
            Buffer in,
            @Nullable VectorWeights gain,
            Buffer statistics,
            int[] shardColumns,
            int normColumns,
            float epsilon,
            QuantizedActivations out,
            int firstColumn);

    /** Takes over what {@link #quantizePart} and others have written to the digits of {@code activations}. */
    void takeDigits(QuantizedActivations activations);

    /** Where the row is not sharded. */
    default void quantize(
            Buffer in,
            @Nullable VectorWeights gain,
            Buffer statistics,
            int normColumns,
            float epsilon,
            QuantizedActivations out) {
        quantize(in, gain, statistics, new int[] {statistics.columns()}, normColumns, epsilon, out);
    }

    /** Exact int32 sums of digit * weight digit. sums: INT32, (tokens, weights.rows). Ternary weights only. */
    void multiply(QuantizedActivations in, MatrixWeights weights, Buffer sums);

    /**
     * out = float(sums) * (factor of the row * scale of the weight row), for some of the weights' rows.
     *
     * @param sums (tokens, rows from {@code firstRow} on)
     * @param firstRow the weight row of the first column
     * @param out the same shape
     */
    void rescale(Buffer sums, QuantizedActivations in, MatrixWeights weights, int firstRow, Buffer out);

    /** For all rows of the weights. out: (tokens, weights.rows). */
    default void rescale(Buffer sums, QuantizedActivations in, MatrixWeights weights, Buffer out) {
        if (sums.columns() != weights.rows()) {
            throw new IllegalArgumentException("sums: " + sums.columns() + " columns, expected " + weights.rows());
        }
        rescale(sums, in, weights, 0, out);
    }

    /**
     * out = (in * r) * gain within each group of {@code gain.length} columns, r = 1 / sqrt(ss / gain.length + epsilon), ss in
     * blocks of 128. One group is the norm of a row, several are the norms of heads. {@code out} may be {@code in}.
     */
    void rmsNorm(Buffer in, VectorWeights gain, float epsilon, Buffer out);

    /**
     * out = in x weights^T for floating-point or block-quantised weights. Floats: 16 accumulators (k mod 16), fma, tree.
     *
     * <p>Blocks: activations are quantised to int8 in the same blocks of 32, M = max |x|, a = rint(x * (127 / M)), da = M / 127
     * (M < 1e-30: a and da are 0). Per block b, exact in int32 and in float32: I_b = sum of (s * q) * a, and with minima
     * J_b = sum of m * a. In rising b from 0: acc = fma(float(I_b), d * da, acc) and acc2 = fma(float(J_b), dmin * da, acc2).
     * out = acc, with minima acc - acc2. A row with M not finite is marked as faulted.
     */
    void linear(Buffer in, MatrixWeights weights, Buffer out);

    /** x = x + bias, for each row. */
    void addBias(Buffer x, VectorWeights bias);

    /** x = x + y. */
    void add(Buffer x, Buffer y);

    /** out = in, of the same shape, of rows TOKENS or OUTPUTS. */
    void copy(Buffer in, Buffer out);

    /** out = function(gate) * up. {@code out} may be {@code gate} or {@code up}. */
    void gate(GateKind kind, Buffer gate, Buffer up, Buffer out);

    /**
     * Rotates each head of x in place by the token's position: a' = fma(a, cos, -(b * sin)), b' = fma(b, cos, a * sin).
     * x: (tokens, heads * headDimension).
     */
    void rope(Buffer x, int headDimension, RopeTable table);

    /** Stores keys and values of the batch's tokens. keys, values: (tokens, kvHeads * headDimension). */
    void storeKv(KvCache cache, int layer, Buffer keys, Buffer values);

    /**
     * Causal attention of each token over its own sequence's positions 0 .. its own, all of them stored before. Query head h
     * reads KV head {@code kvHeadOf[h]}.
     *
     * <p>score = dot(q, k) * scale with four accumulators (d mod 4), fma in rising d, (a0 + a1) + (a2 + a3). Positions form
     * blocks of 256 aligned to position 0; per block m_b = max score, p = exp(score - m_b), l_b = l_b + p, o_b = fma(p, v,
     * o_b) in position order. Then m = max m_b, f_b = exp(m_b - m), l = fma(l_b, f_b, l), o = fma(o_b, f_b, o) in block
     * order, out = o * (1 / l). A row with a score that is not finite is marked as faulted.
     *
     * @param queries (tokens, heads * headDimension)
     * @param out the same shape
     */
    void attention(KvCache cache, int layer, Buffer queries, int[] kvHeadOf, float scale, Buffer out);

    /** Copies the rows whose output is wanted. in: rows TOKENS; out: rows OUTPUTS, same columns. */
    void selectOutputs(Buffer in, Buffer out);

    /**
     * The output head: logits = in x weights^T as in {@link #linear}, of which each row returns what the batch wants. A row
     * with a logit that is not finite is marked as faulted.
     *
     * @param in rows OUTPUTS
     * @param firstToken the token that row 0 of the weights stands for (not 0 in a vocabulary shard)
     */
    void head(Buffer in, MatrixWeights weights, int firstToken, HeadOutput out);

    /**
     * Runs {@code action} in its place among the operations, such as a collective on buffers of this step. It is called for
     * each run with the queue; on a GPU it may only enqueue.
     */
    void call(Consumer<ExecutionQueue> action);
}
