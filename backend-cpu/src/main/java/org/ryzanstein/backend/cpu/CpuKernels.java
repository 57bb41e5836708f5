package org.ryzanstein.backend.cpu;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.GateKind;
import org.ryzanstein.api.weight.WeightSource;

/**
 * The kernels of one instruction set. Each works on one row (or one row range) on one thread; {@link CpuBackend} records,
 * shares out and synchronises. {@link org.ryzanstein.api.kernel.StepRecorder} states the arithmetic, to the bit. Rows are given
 * as an array and the index of their first element.
 */
public interface CpuKernels {
    /** The backend's name. */
    String name();

    /** How the keys of a KV block are laid out for {@link #attention}. */
    KeyLayout keyLayout();

    /** As {@link org.ryzanstein.api.kernel.StepRecorder#normStatistics}, for one row. */
    void normStatistics(
            float[] x, int offset, int columns, float @Nullable [] gain, int blockSize, float[] out, int outOffset);

    /** digits[i] = rint(x[i] * gain[i] * scale), each in [-127, 127]; without gain, x[i] * scale. */
    void quantize(
            float[] x, int offset, int columns, float @Nullable [] gain, float scale, byte[] digits, int digitsOffset);

    /** out[i] = (x[i] * r) * gain[i], r from the row's squares; {@code out} may be {@code x}. */
    void rmsNorm(float[] x, int offset, float[] gain, float epsilon, float[] out, int outOffset);

    /** x[i] = x[i] + y[i]. */
    void add(float[] x, int xOffset, float[] y, int yOffset, int length);

    /** out[i] = function(gate[i]) * up[i]; {@code out} may be one of them. */
    void gate(
            GateKind kind,
            float[] gate,
            int gateOffset,
            float[] up,
            int upOffset,
            float[] out,
            int outOffset,
            int length);

    /** Rotates one head in place. */
    void rotate(float[] x, int offset, HostRope rope, int position);

    /** out[i] = float(sums[i]) * (factor * scales[i]) for {@code from <= i < to}, offsets added to i. */
    void rescale(
            int[] sums, int sumsOffset, float factor, float[] scales, float[] out, int outOffset, int from, int to);

    /** out[i] = float(sums[i]) * scale for {@code i < count}, offsets added to i. */
    void scale(int[] sums, int sumsOffset, float scale, float[] out, int outOffset, int count);

    /** Room for the quantised input of a ternary layer. */
    TernaryInput ternaryInput(int rows, int columns);

    /**
     * Packs ternary weights in this instruction set's layout.
     *
     * @param memory where large weights go; it lives as long as the backend
     */
    TernaryMatrix packTernary(WeightSource.Ternary source, Parallel parallel, WeightMemory memory);

    /** Products of floating-point weights. */
    DenseKernels dense();

    /** Products of block-quantised weights. */
    BlockKernels blocks();

    /** Attention with the scratch of one thread. */
    AttentionKernel attention(PagedKvCache cache, float scale);
}
