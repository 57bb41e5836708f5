package org.ryzanstein.backend.avx512;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.ryzanstein.api.weight.BlockRow;
import org.ryzanstein.api.weight.WeightSource.Blocks;

/** The two sums of a product of block-quantised weights and activations. */
final class BlockProducts {
    /** Lanes of pairs that belong to a block's second half. */
    private static final VectorMask<Integer> SECOND_HALF = VectorMask.fromLong(Lanes.INTS, 0xff00L);

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

    /** I_b: products fit 16 bits (128 * 127), sums of two 32. */
    private static int blockSum(byte[] a, int aAt, byte[] b, int bAt, int firstScale, int secondScale) {
        ShortVector products = shorts(a, aAt).mul(shorts(b, bAt));
        IntVector pairs = products.reinterpretAsInts();
        IntVector low = pairs.lanewise(VectorOperators.LSHL, Short.SIZE).lanewise(VectorOperators.ASHR, Short.SIZE);
        IntVector sums = low.add(pairs.lanewise(VectorOperators.ASHR, Short.SIZE));
        IntVector scales = IntVector.broadcast(Lanes.INTS, firstScale).blend(secondScale, SECOND_HALF);
        return sums.mul(scales).reduceLanes(VectorOperators.ADD);
    }

    private static ShortVector shorts(byte[] bytes, int at) {
        return (ShortVector)
                ByteVector.fromArray(Lanes.BYTES_32, bytes, at).convertShape(VectorOperators.B2S, Lanes.SHORTS, 0);
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
