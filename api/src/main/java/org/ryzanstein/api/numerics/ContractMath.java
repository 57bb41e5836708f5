package org.ryzanstein.api.numerics;

/**
 * Scalar definitions of the floating-point primitives in the numerics contract (docs/numerics.md). Every backend's vector
 * form of them yields the same bits. All of them use only IEEE 754 single-precision add, multiply, divide, square root and
 * fused multiply-add, in the order written.
 */
public final class ContractMath {
    /** Number of interleaved accumulators of every float32 dot product and sum of squares. */
    public static final int LANES = 16;

    /** Positions of an attention block and vocabulary rows of a block in a sum of exponentials. */
    public static final int BLOCK = 256;

    /** Length of a block in a sum of squares where no head size sets it. */
    public static final int NORM_BLOCK = 128;

    private static final float LOG2_E = 1.442695041f;
    /** 1.5 * 2^23: adding and subtracting it rounds |x| < 2^22 to the nearest integer, ties to even. */
    private static final float ROUND_MAGIC = 12582912f;
    // ln 2 in two parts: the high one has 9 trailing zero bits, so that n * LN2_HIGH is exact for |n| <= 127.
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    private static final float EXP_LOWEST = -87f;
    private static final float EXP_HIGHEST = 88f;

    private ContractMath() {}

    /** Rounds to the nearest integer, ties to even, for |x| < 2^22. */
    public static float roundToInteger(float x) {
        return (x + ROUND_MAGIC) - ROUND_MAGIC;
    }

    /**
     * e^x: range reduction by ln 2 in two parts, a polynomial of degree 6 in Horner form with fma (the coefficients are those
     * of Cephes' expf), and a scale by 2^n. Below -87 the result is 0, above 88 it is infinity: no subnormal result exists.
     * Largest relative error in between: below 1e-7 (8.3e-8 was met).
     */
    public static float exp(float x) {
        if (x < EXP_LOWEST) {
            return 0f;
        }
        if (x > EXP_HIGHEST) {
            return Float.POSITIVE_INFINITY;
        }
        float n = roundToInteger(x * LOG2_E);
        float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
        float p = 1.9875691500e-4f;
        p = Math.fma(p, r, 1.3981999507e-3f);
        p = Math.fma(p, r, 8.3334519073e-3f);
        p = Math.fma(p, r, 4.1665795894e-2f);
        p = Math.fma(p, r, 1.6666665459e-1f);
        p = Math.fma(p, r, 5.0000001201e-1f);
        float y = Math.fma(p, r * r, r) + 1f;
        return y * Float.intBitsToFloat(((int) n + 127) << 23);
    }

    /**
     * Sums {@value #LANES} accumulators by halving: lane i takes lane i + 8, then i + 4, i + 2, i + 1. The array is
     * overwritten.
     *
     * @param lanes accumulators at {@code offset .. offset + 16}
     */
    public static float treeSum(float[] lanes, int offset) {
        for (int width = LANES / 2; width > 0; width /= 2) {
            for (int i = 0; i < width; i++) {
                lanes[offset + i] += lanes[offset + i + width];
            }
        }
        return lanes[offset];
    }

    /**
     * Dot product with {@value #LANES} accumulators: element k goes to accumulator k mod 16 by fma in rising k, then the sum of
     * {@link #treeSum}.
     */
    public static float dot(float[] a, int aOffset, float[] b, int bOffset, int length) {
        float s0 = 0f;
        float s1 = 0f;
        float s2 = 0f;
        float s3 = 0f;
        float s4 = 0f;
        float s5 = 0f;
        float s6 = 0f;
        float s7 = 0f;
        float s8 = 0f;
        float s9 = 0f;
        float s10 = 0f;
        float s11 = 0f;
        float s12 = 0f;
        float s13 = 0f;
        float s14 = 0f;
        float s15 = 0f;
        int k = 0;
        for (; k + LANES <= length; k += LANES) {
            int i = aOffset + k;
            int j = bOffset + k;
            s0 = Math.fma(a[i], b[j], s0);
            s1 = Math.fma(a[i + 1], b[j + 1], s1);
            s2 = Math.fma(a[i + 2], b[j + 2], s2);
            s3 = Math.fma(a[i + 3], b[j + 3], s3);
            s4 = Math.fma(a[i + 4], b[j + 4], s4);
            s5 = Math.fma(a[i + 5], b[j + 5], s5);
            s6 = Math.fma(a[i + 6], b[j + 6], s6);
            s7 = Math.fma(a[i + 7], b[j + 7], s7);
            s8 = Math.fma(a[i + 8], b[j + 8], s8);
            s9 = Math.fma(a[i + 9], b[j + 9], s9);
            s10 = Math.fma(a[i + 10], b[j + 10], s10);
            s11 = Math.fma(a[i + 11], b[j + 11], s11);
            s12 = Math.fma(a[i + 12], b[j + 12], s12);
            s13 = Math.fma(a[i + 13], b[j + 13], s13);
            s14 = Math.fma(a[i + 14], b[j + 14], s14);
            s15 = Math.fma(a[i + 15], b[j + 15], s15);
        }
        // One by one: an array of the accumulators would be garbage.
        int i = aOffset + k;
        int j = bOffset + k;
        int rest = length - k;
        if (rest > 0) {
            s0 = Math.fma(a[i], b[j], s0);
        }
        if (rest > 1) {
            s1 = Math.fma(a[i + 1], b[j + 1], s1);
        }
        if (rest > 2) {
            s2 = Math.fma(a[i + 2], b[j + 2], s2);
        }
        if (rest > 3) {
            s3 = Math.fma(a[i + 3], b[j + 3], s3);
        }
        if (rest > 4) {
            s4 = Math.fma(a[i + 4], b[j + 4], s4);
        }
        if (rest > 5) {
            s5 = Math.fma(a[i + 5], b[j + 5], s5);
        }
        if (rest > 6) {
            s6 = Math.fma(a[i + 6], b[j + 6], s6);
        }
        if (rest > 7) {
            s7 = Math.fma(a[i + 7], b[j + 7], s7);
        }
        if (rest > 8) {
            s8 = Math.fma(a[i + 8], b[j + 8], s8);
        }
        if (rest > 9) {
            s9 = Math.fma(a[i + 9], b[j + 9], s9);
        }
        if (rest > 10) {
            s10 = Math.fma(a[i + 10], b[j + 10], s10);
        }
        if (rest > 11) {
            s11 = Math.fma(a[i + 11], b[j + 11], s11);
        }
        if (rest > 12) {
            s12 = Math.fma(a[i + 12], b[j + 12], s12);
        }
        if (rest > 13) {
            s13 = Math.fma(a[i + 13], b[j + 13], s13);
        }
        if (rest > 14) {
            s14 = Math.fma(a[i + 14], b[j + 14], s14);
        }
        return (((s0 + s8) + (s4 + s12)) + ((s2 + s10) + (s6 + s14)))
                + (((s1 + s9) + (s5 + s13)) + ((s3 + s11) + (s7 + s15)));
    }

    /**
     * Sum over a vocabulary of exp(logit - max): within blocks of {@value #BLOCK} rows in rising order from zero, then the
     * blocks in order.
     */
    public static float sumOfExponentials(float[] logits, int length, float max) {
        float total = 0f;
        for (int block = 0; block < length; block += BLOCK) {
            int end = Math.min(length, block + BLOCK);
            float sum = 0f;
            for (int i = block; i < end; i++) {
                sum += exp(logits[i] - max);
            }
            total += sum;
        }
        return total;
    }
}
