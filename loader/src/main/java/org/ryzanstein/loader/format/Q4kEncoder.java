package org.ryzanstein.loader.format;

/**
 * Q4_K super-blocks by llama.cpp's reference search. Each block of 32 is fitted by x = scale * q - minimum with q in 0 .. 15
 * and minimum >= 0: for several widths of the grid the quants are rounded, the weighted least squares line through them is
 * taken, and the line of the least weighted error wins. An element's weight is the block's root mean square plus its own
 * magnitude. Scales and minima are then rounded to 6 bits of the largest of each, and the quants are rounded once more with
 * what was stored.
 */
final class Q4kEncoder {
    private static final int BLOCK = 32;
    private static final int BLOCKS = 8;
    private static final int MOST = 15;
    private static final int MOST_SUB_SCALE = 63;
    /** Widths of the grid that are tried: 15 - 1 + 0.1 n steps for n in 0 .. 20. */
    private static final int WIDTHS = 20;

    private static final int SCALES_AT = 4;
    private static final int QUANTS_AT = 16;

    private final float[] x;
    private final int from;
    private final int[] quants = new int[BLOCK * BLOCKS];
    private final float[] scales = new float[BLOCKS];
    private final float[] minima = new float[BLOCKS];

    private Q4kEncoder(float[] x, int from) {
        this.x = x;
        this.from = from;
    }

    /** Encodes 256 values into 144 bytes. */
    static void encode(float[] x, int from, byte[] destination, int to) {
        Q4kEncoder encoder = new Q4kEncoder(x, from);
        for (int block = 0; block < BLOCKS; block++) {
            encoder.fit(block);
        }
        encoder.write(destination, to);
    }

    private float[] weights(int block) {
        float squares = 0f;
        int at = from + block * BLOCK;
        for (int i = at; i < at + BLOCK; i++) {
            squares += x[i] * x[i];
        }
        float rootMeanSquare = (float) Math.sqrt(squares / BLOCK);
        float[] weights = new float[BLOCK];
        for (int i = 0; i < BLOCK; i++) {
            weights[i] = rootMeanSquare + Math.abs(x[at + i]);
        }
        return weights;
    }

    private void fit(int block) {
        float[] weights = weights(block);
        int at = from + block * BLOCK;
        float lowest = x[at];
        float highest = x[at];
        float sumW = 0f;
        float sumX = 0f;
        for (int i = 0; i < BLOCK; i++) {
            lowest = Math.min(lowest, x[at + i]);
            highest = Math.max(highest, x[at + i]);
            sumW += weights[i];
            sumX += weights[i] * x[at + i];
        }
        lowest = Math.min(lowest, 0f);
        minima[block] = -lowest;
        if (highest == lowest) {
            return;
        }
        float range = highest - lowest;
        int[] candidate = new int[BLOCK];
        round(at, lowest, MOST / range, candidate);
        scales[block] = 1f / (MOST / range);
        System.arraycopy(candidate, 0, quants, block * BLOCK, BLOCK);
        float best = error(at, weights, candidate, scales[block], lowest);

        // The grid begins at the best minimum so far.
        float origin = lowest;
        for (int width = 0; width <= WIDTHS; width++) {
            round(at, origin, (-1f + 0.1f * width + MOST) / (highest - origin), candidate);
            float sumQ = 0f;
            float sumQq = 0f;
            float sumXq = 0f;
            for (int i = 0; i < BLOCK; i++) {
                float wq = weights[i] * candidate[i];
                sumQ += wq;
                sumQq += wq * candidate[i];
                sumXq += wq * x[at + i];
            }
            float determinant = sumW * sumQq - sumQ * sumQ;
            if (!(determinant > 0f)) {
                continue;
            }
            float scale = (sumW * sumXq - sumX * sumQ) / determinant;
            float minimum = (sumQq * sumX - sumQ * sumXq) / determinant;
            if (minimum > 0f) {
                minimum = 0f;
                scale = sumXq / sumQq;
            }
            float error = error(at, weights, candidate, scale, minimum);
            if (error < best) {
                best = error;
                System.arraycopy(candidate, 0, quants, block * BLOCK, BLOCK);
                scales[block] = scale;
                minima[block] = -minimum;
                origin = minimum;
            }
        }
    }

    private void round(int at, float origin, float inverse, int[] rounded) {
        for (int i = 0; i < BLOCK; i++) {
            rounded[i] = Math.clamp(BlockEncoder.nearest(inverse * (x[at + i] - origin)), 0, MOST);
        }
    }

    private float error(int at, float[] weights, int[] rounded, float scale, float minimum) {
        float error = 0f;
        for (int i = 0; i < BLOCK; i++) {
            float difference = scale * rounded[i] + minimum - x[at + i];
            error += weights[i] * (difference * difference);
        }
        return error;
    }

    private void write(byte[] destination, int to) {
        float largestScale = largest(scales);
        float largestMinimum = largest(minima);
        BlockEncoder.putScale(largestScale / MOST_SUB_SCALE, destination, to);
        BlockEncoder.putScale(largestMinimum / MOST_SUB_SCALE, destination, to + 2);
        int[] subScales = sixBits(scales, largestScale);
        int[] subMinima = sixBits(minima, largestMinimum);
        for (int k = 0; k < 4; k++) {
            destination[to + SCALES_AT + k] = (byte) (subScales[k] | (subScales[k + 4] >> 4) << 6);
            destination[to + SCALES_AT + 4 + k] = (byte) (subMinima[k] | (subMinima[k + 4] >> 4) << 6);
            destination[to + SCALES_AT + 8 + k] = (byte) ((subScales[k + 4] & 0xF) | (subMinima[k + 4] & 0xF) << 4);
        }
        float storedScale = LittleEndian.half(destination, to);
        float storedMinimum = LittleEndian.half(destination, to + 2);
        for (int block = 0; block < BLOCKS; block++) {
            requantize(block, storedScale * subScales[block], storedMinimum * subMinima[block]);
        }
        for (int pair = 0; pair < BLOCKS / 2; pair++) {
            for (int i = 0; i < BLOCK; i++) {
                int low = quants[2 * pair * BLOCK + i];
                int high = quants[(2 * pair + 1) * BLOCK + i];
                destination[to + QUANTS_AT + pair * BLOCK + i] = (byte) (low | high << 4);
            }
        }
    }

    /** A block whose stored scale is zero keeps the quants of its fit. */
    private void requantize(int block, float scale, float minimum) {
        if (scale == 0f) {
            return;
        }
        for (int i = block * BLOCK; i < (block + 1) * BLOCK; i++) {
            quants[i] = Math.clamp(BlockEncoder.nearest((x[from + i] + minimum) / scale), 0, MOST);
        }
    }

    private static float largest(float[] values) {
        float largest = 0f;
        for (float value : values) {
            largest = Math.max(largest, value);
        }
        return largest;
    }

    private static int[] sixBits(float[] values, float largest) {
        float inverse = largest > 0f ? MOST_SUB_SCALE / largest : 0f;
        int[] rounded = new int[BLOCKS];
        for (int block = 0; block < BLOCKS; block++) {
            rounded[block] = Math.min(MOST_SUB_SCALE, BlockEncoder.nearest(inverse * values[block]) & 0xFF);
        }
        return rounded;
    }
}
