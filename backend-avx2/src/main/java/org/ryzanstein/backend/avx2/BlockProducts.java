package org.ryzanstein.backend.avx2;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import org.ryzanstein.api.weight.BlockRow;
import org.ryzanstein.api.weight.WeightSource.Blocks;

/** The two sums of a product of block-quantised weights and activations. */
final class BlockProducts {
    private BlockProducts() {}

    /** fma(I_b, d * da, .) in rising b. */
    static float product(BlockRow weights, byte[] digits, int digitsOffset, float[] factors, int blockOffset) {
        byte[] quants = weights.quants();
        byte[] subScales = weights.subScales();
        float[] scales = weights.scales();
        float sum = 0f;
        for (int b = 0, k = 0; b < scales.length; b++, k += Blocks.BLOCK) {
            int integer = blockSum(quants, k, digits, digitsOffset + k, subScales[2 * b], subScales[2 * b + 1]);
            sum = Math.fma((float) integer, scales[b] * factors[blockOffset + b], sum);
        }
        return sum;
    }

    /** I_b: the products of each half in one vector. */
    private static int blockSum(byte[] a, int aAt, byte[] b, int bAt, int firstScale, int secondScale) {
        IntVector first = pairSums(shorts(a, aAt).mul(shorts(b, bAt)));
        IntVector second = pairSums(shorts(a, aAt + Blocks.HALF).mul(shorts(b, bAt + Blocks.HALF)));
        return first.mul(firstScale).add(second.mul(secondScale)).reduceLanes(VectorOperators.ADD);
    }

    /** Sums of neighbours: products fit 16 bits (128 * 127), sums of two 32. */
    private static IntVector pairSums(ShortVector products) {
        IntVector pairs = products.reinterpretAsInts();
        IntVector low = pairs.lanewise(VectorOperators.LSHL, Short.SIZE).lanewise(VectorOperators.ASHR, Short.SIZE);
        return low.add(pairs.lanewise(VectorOperators.ASHR, Short.SIZE));
    }

    private static ShortVector shorts(byte[] bytes, int at) {
        return (ShortVector)
                ByteVector.fromArray(Lanes.BYTES_16, bytes, at).convertShape(VectorOperators.B2S, Lanes.SHORTS, 0);
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
}
