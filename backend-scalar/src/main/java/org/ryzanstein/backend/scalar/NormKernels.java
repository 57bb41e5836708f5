package org.ryzanstein.backend.scalar;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.numerics.ContractMath;

/** Norms and activation quantisation of one row; {@link org.ryzanstein.api.kernel.StepRecorder} states the arithmetic. */
final class NormKernels {
    private static final float SMALLEST_SCALE = 1e-5f;

    private NormKernels() {}

    /** Writes the largest magnitude, then the sums of squares of the blocks. */
    static void statistics(
            float[] x, int offset, int columns, float @Nullable [] gain, int blockSize, float[] out, int outOffset) {
        out[outOffset] = maxMagnitude(x, offset, columns, gain);
        int block = 1;
        for (int i = 0; i < columns; i += blockSize, block++) {
            int length = Math.min(blockSize, columns - i);
            out[outOffset + block] = ContractMath.dot(x, offset + i, x, offset + i, length);
        }
    }

    private static float maxMagnitude(float[] x, int offset, int columns, float @Nullable [] gain) {
        float max = 0f;
        if (gain == null) {
            for (int i = 0; i < columns; i++) {
                max = Math.max(max, Math.abs(x[offset + i]));
            }
        } else {
            for (int i = 0; i < columns; i++) {
                max = Math.max(max, Math.abs(x[offset + i] * gain[i]));
            }
        }
        return max;
    }

    /**
     * Sets digits, planes and factor of a row.
     *
     * @param statistics the row's largest magnitude and {@code blocks} sums of squares
     * @return false if the largest magnitude, normalised or not, or the sum of squares is not finite; the row is then zero
     */
    static boolean quantize(
            float[] x,
            int offset,
            float @Nullable [] gain,
            float[] statistics,
            int statisticsOffset,
            int blocks,
            int normColumns,
            float epsilon,
            BitPlanes out,
            int row) {
        int columns = out.columns();
        float max = statistics[statisticsOffset];
        float total = gain == null ? 0f : sum(statistics, statisticsOffset + 1, blocks);
        float r = gain == null ? 1f : inverseRoot(total, normColumns, epsilon);
        float a = max * r;
        if (!Float.isFinite(max) || !Float.isFinite(total) || !Float.isFinite(a)) {
            for (int i = 0; i < columns; i++) {
                out.setDigit(row, i, 0);
            }
            out.buildPlanes(row);
            out.factors[row] = 0f;
            return false;
        }
        float scale = a >= SMALLEST_SCALE ? 127f / max : (127f / SMALLEST_SCALE) * r;
        for (int i = 0; i < columns; i++) {
            float t = gain == null ? x[offset + i] : x[offset + i] * gain[i];
            out.setDigit(row, i, (int) ContractMath.roundToInteger(t * scale));
        }
        out.buildPlanes(row);
        out.factors[row] = Math.max(a, SMALLEST_SCALE) / 127f;
        return true;
    }

    /** Adds the blocks' sums of squares in order. */
    private static float sum(float[] sums, int offset, int blocks) {
        float total = 0f;
        for (int block = 0; block < blocks; block++) {
            total += sums[offset + block];
        }
        return total;
    }

    private static float inverseRoot(float sumOfSquares, int columns, float epsilon) {
        return 1f / (float) Math.sqrt(sumOfSquares / columns + epsilon);
    }

    /** Root mean square norm of {@code gain.length} elements. */
    static void rmsNorm(float[] x, int offset, float[] gain, float epsilon, float[] out, int outOffset) {
        int columns = gain.length;
        float total = 0f;
        for (int i = 0; i < columns; i += ContractMath.NORM_BLOCK) {
            int length = Math.min(ContractMath.NORM_BLOCK, columns - i);
            total += ContractMath.dot(x, offset + i, x, offset + i, length);
        }
        float r = inverseRoot(total, columns, epsilon);
        for (int i = 0; i < columns; i++) {
            out[outOffset + i] = (x[offset + i] * r) * gain[i];
        }
    }
}
