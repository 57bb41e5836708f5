package org.ryzanstein.loader.format;

/**
 * Q6_K super-blocks by llama.cpp's reference search. Each half block of 16 is fitted by x = scale * q with q in -32 .. 31: for
 * several widths of the grid the quants are rounded, the least squares scale, elements weighted by their squares, is taken,
 * and the one that explains most wins. The scales are then rounded to int8 of the largest, and the quants are rounded once
 * more with what was stored.
 */
final class Q6kEncoder {
    private static final int HALF = 16;
    private static final int HALVES = 16;
    private static final int LIMIT = 32;
    /** Widths of the grid that are tried beside 32: 32 + 0.1 n for n in -9 .. 9. */
    private static final int WIDTHS = 9;

    /** Values and scales below this are zero. */
    private static final float SMALLEST = 1e-15f;

    private static final int HIGH_AT = 128;
    private static final int SCALES_AT = 192;
    private static final int SCALE_AT = 208;

    private final float[] x;
    private final int from;
    /** q + 32. */
    private final int[] quants = new int[HALF * HALVES];

    private final float[] scales = new float[HALVES];

    private Q6kEncoder(float[] x, int from) {
        this.x = x;
        this.from = from;
    }

    /** Encodes 256 values into 210 bytes. */
    static void encode(float[] x, int from, byte[] destination, int to) {
        Q6kEncoder encoder = new Q6kEncoder(x, from);
        float largest = 0f;
        for (int half = 0; half < HALVES; half++) {
            float scale = encoder.fit(half);
            encoder.scales[half] = scale;
            largest = Math.abs(scale) > Math.abs(largest) ? scale : largest;
        }
        if (Math.abs(largest) < SMALLEST) {
            java.util.Arrays.fill(destination, to, to + TensorType.Q6_K.blockBytes(), (byte) 0);
            return;
        }
        encoder.write(-128f / largest, destination, to);
    }

    private float fit(int half) {
        int at = from + half * HALF;
        float largest = 0f;
        for (int i = at; i < at + HALF; i++) {
            largest = Math.abs(x[i]) > Math.abs(largest) ? x[i] : largest;
        }
        if (Math.abs(largest) < SMALLEST) {
            return 0f;
        }
        float[] sums = new float[2];
        float inverse = -LIMIT / largest;
        sums(at, inverse, sums);
        keep(half, inverse);
        float scale = sums[1] != 0f ? sums[0] / sums[1] : 0f;
        float best = scale * sums[0];
        for (int width = -WIDTHS; width <= WIDTHS; width++) {
            if (width == 0) {
                continue;
            }
            inverse = -(LIMIT + 0.1f * width) / largest;
            sums(at, inverse, sums);
            if (sums[1] > 0f && sums[0] * sums[0] > best * sums[1]) {
                keep(half, inverse);
                scale = sums[0] / sums[1];
                best = scale * sums[0];
            }
        }
        return scale;
    }

    /** Weighted sums of x * q and of q * q. */
    private void sums(int at, float inverse, float[] sums) {
        float products = 0f;
        float squares = 0f;
        for (int i = at; i < at + HALF; i++) {
            int q = round(x[i] * inverse);
            float weight = x[i] * x[i];
            products += weight * x[i] * q;
            squares += weight * q * q;
        }
        sums[0] = products;
        sums[1] = squares;
    }

    private void keep(int half, float inverse) {
        for (int i = half * HALF; i < (half + 1) * HALF; i++) {
            quants[i] = LIMIT + round(x[from + i] * inverse);
        }
    }

    private static int round(float scaled) {
        return Math.clamp(BlockEncoder.nearest(scaled), -LIMIT, LIMIT - 1);
    }

    private void write(float inverse, byte[] destination, int to) {
        BlockEncoder.putScale(1f / inverse, destination, to + SCALE_AT);
        float stored = LittleEndian.half(destination, to + SCALE_AT);
        for (int half = 0; half < HALVES; half++) {
            byte subScale = (byte) Math.min(127, BlockEncoder.nearest(inverse * scales[half]));
            destination[to + SCALES_AT + half] = subScale;
            requantize(half, stored * subScale);
        }
        for (int k = 0; k < 2; k++) {
            writeQuants(128 * k, destination, to + 64 * k, to + HIGH_AT + 32 * k);
        }
    }

    /** A half whose stored scale is zero keeps the quants of its fit. */
    private void requantize(int half, float scale) {
        if (scale == 0f) {
            return;
        }
        for (int i = half * HALF; i < (half + 1) * HALF; i++) {
            quants[i] = LIMIT + round(x[from + i] / scale);
        }
    }

    /** Four blocks: low nibbles in 64 bytes, high parts in 32. */
    private void writeQuants(int first, byte[] destination, int lowAt, int highAt) {
        for (int i = 0; i < 32; i++) {
            int q0 = quants[first + i];
            int q1 = quants[first + 32 + i];
            int q2 = quants[first + 64 + i];
            int q3 = quants[first + 96 + i];
            destination[lowAt + i] = (byte) ((q0 & 0xF) | (q2 & 0xF) << 4);
            destination[lowAt + 32 + i] = (byte) ((q1 & 0xF) | (q3 & 0xF) << 4);
            destination[highAt + i] = (byte) (q0 >> 4 | (q1 >> 4) << 2 | (q2 >> 4) << 4 | (q3 >> 4) << 6);
        }
    }
}
