package org.ryzanstein.backend.scalar;

import org.ryzanstein.api.weight.BlockRow;
import org.ryzanstein.api.weight.WeightSource.Blocks;

/** The two sums of a product of block-quantised weights and activations. */
final class BlockProducts {
    private static final int BLOCK = Blocks.BLOCK;
    private static final int HALF = Blocks.HALF;

    private BlockProducts() {}

    /** fma(I_b, d * da, .) in rising b. */
    static float product(BlockRow weights, byte[] digits, int digitsOffset, float[] factors, int blockOffset) {
        byte[] subScales = weights.subScales();
        float[] scales = weights.scales();
        float sum = 0f;
        for (int b = 0; b < scales.length; b++) {
            int k = b * BLOCK;
            int at = digitsOffset + k;
            int integer = subScales[2 * b] * halfDot(weights.quants(), k, digits, at)
                    + subScales[2 * b + 1] * halfDot(weights.quants(), k + HALF, digits, at + HALF);
            sum = Math.fma((float) integer, scales[b] * factors[blockOffset + b], sum);
        }
        return sum;
    }

    /** fma(J_b, dmin * da, .) in rising b. */
    static float minima(BlockRow weights, float[] factors, int[] sums, int blockOffset) {
        byte[] subMinima = weights.subMinima();
        float[] minima = weights.minima();
        float sum = 0f;
        for (int b = 0; b < minima.length; b++) {
            int half = 2 * (blockOffset + b);
            int integer = subMinima[2 * b] * sums[half] + subMinima[2 * b + 1] * sums[half + 1];
            sum = Math.fma((float) integer, minima[b] * factors[blockOffset + b], sum);
        }
        return sum;
    }

    private static int halfDot(byte[] a, int aOffset, byte[] b, int bOffset) {
        int sum = 0;
        for (int i = 0; i < HALF; i++) {
            sum += a[aOffset + i] * b[bOffset + i];
        }
        return sum;
    }
}
