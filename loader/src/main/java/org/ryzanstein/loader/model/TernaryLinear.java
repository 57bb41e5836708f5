package org.ryzanstein.loader.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.QuantizedActivations;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.loader.parallel.Exchange;
import org.ryzanstein.loader.parallel.Placement;
import org.ryzanstein.loader.parallel.Range;

/**
 * The ternary linear layer (BitLinear: Ma et al., The Era of 1-bit LLMs, 2024): norm, int8 quantisation by the row's largest
 * magnitude, exact integer product, one rescaling. Where ranks hold the input by columns, they exchange the statistics of the
 * norm, and then either the digits or the integer sums. All layers with the same input and block size share one instance's scratch
 * buffers.
 */
final class TernaryLinear {
    /**
     * Whose columns the input has.
     *
     * @param columns of each rank
     * @param gathered whether each rank gets the digits of all columns: the weights have them all then, else its own
     */
    record Input(int[] columns, int rank, Exchange exchange, boolean gathered) {
        /** Columns of several ranks, each of which multiplies its own. */
        static Input sharded(int[] columns, Placement placement) {
            return new Input(columns, placement.shard().rank(), placement.exchange(), false);
        }

        /** Columns of several ranks, which each multiply all of them. */
        static Input gathered(int[] columns, Placement placement) {
            return new Input(columns, placement.shard().rank(), placement.exchange(), true);
        }

        /** All columns, in this rank alone. */
        static Input local(int columns) {
            return new Input(new int[] {columns}, 0, Exchange.NONE, false);
        }

        int whole() {
            return Arrays.stream(columns).sum();
        }

        /** A rank without columns takes part with one of zeros. */
        int own() {
            return Math.max(1, columns[rank]);
        }

        int firstOwn() {
            return Arrays.stream(columns, 0, rank).sum();
        }

        /** Columns of each rank's statistics. */
        int[] statistics(int normBlock) {
            return Arrays.stream(columns)
                    .map(count -> 1 + Math.ceilDiv(Math.max(1, count), normBlock))
                    .toArray();
        }

        /** Words of each rank's digits. */
        int[] words() {
            return Arrays.stream(columns)
                    .map(count -> Math.ceilDiv(count, ElementType.BYTES))
                    .toArray();
        }
    }

    private final Input input;
    private final int normBlock;
    private final float epsilon;
    private final int[] shardColumns;
    private final Buffer statistics; // (tokens, sum of shardColumns)
    private final Buffer ownStatistics; // a view of it
    private final QuantizedActivations quantized; // (tokens, columns of the weights)
    private final Buffer sums; // (tokens, maxRows), INT32

    /**
     * Allocates the scratch.
     *
     * @param maxRows the largest output width
     * @param normBlock columns of a block in the norm's sum of squares
     */
    TernaryLinear(KernelBackend backend, int tokens, Input input, int maxRows, int normBlock, float epsilon) {
        this(
                backend,
                input,
                normBlock,
                epsilon,
                backend.allocateQuantized(tokens, input.gathered() ? input.whole() : input.own()),
                backend.allocate(ElementType.INT32, RowSet.TOKENS, tokens, maxRows));
    }

    /** With the scratch of {@code other}, which has as many columns; the two are not used at a time. */
    TernaryLinear(KernelBackend backend, Input input, TernaryLinear other) {
        this(backend, input, other.normBlock, other.epsilon, other.quantized, other.sums);
    }

    private TernaryLinear(
            KernelBackend backend,
            Input input,
            int normBlock,
            float epsilon,
            QuantizedActivations quantized,
            Buffer sums) {
        this.input = input;
        this.normBlock = normBlock;
        this.epsilon = epsilon;
        this.quantized = quantized;
        this.sums = sums;
        shardColumns = input.statistics(normBlock);
        statistics = backend.allocate(
                ElementType.FLOAT32,
                RowSet.TOKENS,
                quantized.rows(),
                Arrays.stream(shardColumns).sum());
        ownStatistics =
                statistics.slice(Arrays.stream(shardColumns, 0, input.rank()).sum(), shardColumns[input.rank()]);
    }

    /**
     * out = weights x norm(in).
     *
     * @param in (tokens, own columns)
     * @param gain of the own columns
     * @param weights (rows, own columns; all of them if digits are gathered); null: none here, but other ranks need the digits
     * @param out (tokens, rows): whole, and the same on all ranks if each multiplies its own columns
     */
    void record(
            StepRecorder ops, Buffer in, @Nullable VectorWeights gain, @Nullable MatrixWeights weights, Buffer out) {
        quantize(ops, in, gain);
        if (weights == null) {
            return;
        }
        Buffer rowSums = multiply(ops, weights);
        if (!input.gathered()) {
            input.exchange().sum(ops, rowSums);
        }
        ops.rescale(rowSums, quantized, weights, out);
    }

    /**
     * As {@link #record}, but each rank completes its own columns of {@code out} only. Digits are not gathered.
     *
     * @param out (tokens, rows)
     */
    void recordOwn(StepRecorder ops, Buffer in, @Nullable VectorWeights gain, MatrixWeights weights, Spread out) {
        quantize(ops, in, gain);
        Buffer rowSums = multiply(ops, weights);
        input.exchange().scatter(ops, rowSums, out.columns());
        Range own = out.range();
        ops.rescale(rowSums.slice(own.first(), own.count()), quantized, weights, own.first(), out.own());
    }

    private void quantize(StepRecorder ops, Buffer in, @Nullable VectorWeights gain) {
        ops.normStatistics(in, gain, normBlock, ownStatistics);
        input.exchange().gather(ops, statistics, shardColumns);
        if (input.gathered()) {
            ops.quantizePart(in, gain, statistics, shardColumns, input.whole(), epsilon, quantized, input.firstOwn());
            input.exchange().gather(ops, quantized.digits(), input.words());
            ops.takeDigits(quantized);
        } else {
            ops.quantize(in, gain, statistics, shardColumns, input.whole(), epsilon, quantized);
        }
    }

    private Buffer multiply(StepRecorder ops, MatrixWeights weights) {
        Buffer rowSums = sums.slice(0, weights.rows());
        ops.multiply(quantized, weights, rowSums);
        return rowSums;
    }
}
