package org.ryzanstein.server.bench;

import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.api.weight.BlockRow;
import org.ryzanstein.api.weight.WeightSource;

/** Products of one row of weights by plain loops, as docs/numerics.md defines them. */
final class NaiveProducts {
    private static final float ZERO_BLOCK = 1e-30f;
    private static final int LARGEST = 127;

    private NaiveProducts() {}

    /** A matrix times a vector, in doubles. */
    static void doubles(double[][] weights, double[] in, double[] out) {
        for (int row = 0; row < weights.length; row++) {
            double sum = 0;
            for (int i = 0; i < in.length; i++) {
                sum += weights[row][i] * in[i];
            }
            out[row] = sum;
        }
    }

    /** The exact sum of digit * digit. */
    static int ternary(WeightSource.Ternary weights, int row, byte[] digits, int offset) {
        byte[] own = new byte[weights.columns()];
        weights.readDigits(row, own, 0);
        int sum = 0;
        for (int i = 0; i < own.length; i++) {
            sum += own[i] * digits[offset + i];
        }
        return sum;
    }

    /** A row of floats or blocks times float activations. */
    static float linear(WeightSource weights, int row, float[] x, int offset) {
        return switch (weights) {
            case WeightSource.Floats floats -> {
                float[] own = new float[weights.columns()];
                floats.readFloats(row, own, 0);
                yield ContractMath.dot(x, offset, own, 0, own.length);
            }
            case WeightSource.Blocks blocks -> {
                BlockRow own = new BlockRow(weights.columns(), blocks.form());
                blocks.readBlocks(row, own);
                yield blockProduct(own, x, offset);
            }
            case WeightSource.Ternary ternary ->
                throw new IllegalArgumentException(ternary.name() + ": ternary weights multiply quantised activations");
        };
    }

    private static float blockProduct(BlockRow row, float[] x, int offset) {
        boolean minima = row.form().hasMinima();
        float sum = 0;
        float subtracted = 0;
        int[] digits = new int[WeightSource.Blocks.BLOCK];
        for (int block = 0; block < row.blocks(); block++) {
            float factor = quantize(x, offset + block * WeightSource.Blocks.BLOCK, digits);
            int product = 0;
            int minimum = 0;
            for (int i = 0; i < digits.length; i++) {
                int half = 2 * block + i / WeightSource.Blocks.HALF;
                product += row.subScales()[half] * row.quants()[block * WeightSource.Blocks.BLOCK + i] * digits[i];
                minimum += minima ? row.subMinima()[half] * digits[i] : 0;
            }
            sum = Math.fma((float) product, row.scales()[block] * factor, sum);
            if (minima) {
                subtracted = Math.fma((float) minimum, row.minima()[block] * factor, subtracted);
            }
        }
        return minima ? sum - subtracted : sum;
    }

    /** Digits of a block of activations; returns what one is worth. */
    private static float quantize(float[] x, int offset, int[] digits) {
        float largest = 0;
        for (int i = 0; i < digits.length; i++) {
            largest = Math.max(largest, Math.abs(x[offset + i]));
        }
        if (largest < ZERO_BLOCK) {
            java.util.Arrays.fill(digits, 0);
            return 0;
        }
        float scale = LARGEST / largest;
        for (int i = 0; i < digits.length; i++) {
            digits[i] = (int) Math.rint(x[offset + i] * scale);
        }
        return largest / LARGEST;
    }
}
