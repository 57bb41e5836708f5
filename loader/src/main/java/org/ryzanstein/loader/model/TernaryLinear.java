package org.ryzanstein.loader.model;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.QuantizedActivations;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.VectorWeights;

/**
 * The ternary linear layer (BitLinear: Ma et al., The Era of 1-bit LLMs, 2024): norm, int8 quantisation by the row's largest
 * magnitude, exact integer product, one rescaling. All layers with the same input width and block size share one instance's
 * scratch buffers.
 */
final class TernaryLinear {
    private final int columns;
    private final int normBlock;
    private final float epsilon;
    private final Buffer statistics; // (tokens, 1 + ceil(columns / normBlock))
    private final QuantizedActivations quantized; // (tokens, columns)
    private final Buffer sums; // (tokens, maxRows), INT32

    /**
     * Allocates the scratch.
     *
     * @param columns input width
     * @param maxRows the largest output width
     * @param normBlock columns of a block in the norm's sum of squares
     */
    TernaryLinear(KernelBackend backend, int tokens, int columns, int maxRows, int normBlock, float epsilon) {
        this.columns = columns;
        this.normBlock = normBlock;
        this.epsilon = epsilon;
        this.statistics =
                backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, 1 + Math.ceilDiv(columns, normBlock));
        this.quantized = backend.allocateQuantized(tokens, columns);
        this.sums = backend.allocate(ElementType.INT32, RowSet.TOKENS, tokens, maxRows);
    }

    /** out = weights x norm(in). in: (tokens, columns), out: (tokens, weights.rows). */
    void record(StepRecorder ops, Buffer in, @Nullable VectorWeights gain, MatrixWeights weights, Buffer out) {
        Buffer rowSums = sums.slice(0, weights.rows());
        ops.normStatistics(in, gain, normBlock, statistics);
        ops.quantize(in, gain, statistics, columns, epsilon, quantized);
        ops.multiply(quantized, weights, rowSums);
        ops.rescale(rowSums, quantized, weights, out);
    }
}
