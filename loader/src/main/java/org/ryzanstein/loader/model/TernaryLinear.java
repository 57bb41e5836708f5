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

/**
 * The ternary linear layer (BitLinear: Ma et al., The Era of 1-bit LLMs, 2024): norm, int8 quantisation by the row's largest
 * magnitude, exact integer product, one rescaling. Where ranks hold the input by columns, they exchange the statistics of the
 * norm, and then the integer sums. All layers with the same input and block size share one instance's scratch buffers.
 */
final class TernaryLinear {
    /**
     * Whose columns the input has.
     *
     * @param columns of each rank
     */
    record Input(int[] columns, int rank, Exchange exchange) {
        /** Columns of several ranks. */
        Input(int[] columns, Placement placement) {
            this(columns, placement.shard().rank(), placement.exchange());
        }

        /** All columns, in this rank alone. */
        static Input local(int columns) {
            return new Input(new int[] {columns}, 0, Exchange.NONE);
        }

        int whole() {
            return Arrays.stream(columns).sum();
        }

        /** A rank without columns takes part with one of zeros. */
        int own() {
            return Math.max(1, columns[rank]);
        }

        /** Columns of each rank's statistics. */
        int[] statistics(int normBlock) {
            return Arrays.stream(columns)
                    .map(count -> 1 + Math.ceilDiv(Math.max(1, count), normBlock))
                    .toArray();
        }
    }

    private final Input input;
    private final int normBlock;
    private final float epsilon;
    private final int[] shardColumns;
    private final Buffer statistics; // (tokens, sum of shardColumns)
    private final Buffer ownStatistics; // a view of it
    private final QuantizedActivations quantized; // (tokens, own columns)
    private final Buffer sums; // (tokens, maxRows), INT32

    /**
     * Allocates the scratch.
     *
     * @param maxRows the largest output width
     * @param normBlock columns of a block in the norm's sum of squares
     */
    TernaryLinear(KernelBackend backend, int tokens, Input input, int maxRows, int normBlock, float epsilon) {
        this.input = input;
        this.normBlock = normBlock;
        this.epsilon = epsilon;
        shardColumns = input.statistics(normBlock);
        statistics = backend.allocate(
                ElementType.FLOAT32,
                RowSet.TOKENS,
                tokens,
                Arrays.stream(shardColumns).sum());
        ownStatistics =
                statistics.slice(Arrays.stream(shardColumns, 0, input.rank()).sum(), shardColumns[input.rank()]);
        quantized = backend.allocateQuantized(tokens, input.own());
        sums = backend.allocate(ElementType.INT32, RowSet.TOKENS, tokens, maxRows);
    }

    /**
     * out = weights x norm(in).
     *
     * @param in (tokens, own columns)
     * @param gain of the own columns
     * @param weights (rows, own columns)
     * @param out (tokens, rows), the same on all ranks
     */
    void record(StepRecorder ops, Buffer in, @Nullable VectorWeights gain, MatrixWeights weights, Buffer out) {
        Buffer rowSums = sums.slice(0, weights.rows());
        ops.normStatistics(in, gain, normBlock, ownStatistics);
        input.exchange().gather(ops, statistics, shardColumns);
        ops.quantize(in, gain, statistics, shardColumns, input.whole(), epsilon, quantized);
        ops.multiply(quantized, weights, rowSums);
        input.exchange().sum(ops, rowSums);
        ops.rescale(rowSums, quantized, weights, out);
    }
}
