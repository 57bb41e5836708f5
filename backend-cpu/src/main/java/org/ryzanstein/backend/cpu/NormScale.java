package org.ryzanstein.backend.cpu;

/**
 * From a row's statistics to the scale and the factor of its digits; {@link org.ryzanstein.api.kernel.StepRecorder#quantize}
 * states the arithmetic.
 *
 * @param scale what elements (times gain) are multiplied by before they are rounded; 0 for a faulted row
 * @param factor what a digit is worth
 * @param finite false for a faulted row
 */
record NormScale(float scale, float factor, boolean finite) {
    private static final float SMALLEST = 1e-5f;
    private static final NormScale FAULT = new NormScale(0f, 0f, false);

    /**
     * Computes it.
     *
     * @param statistics the largest magnitude and {@code blocks} sums of squares, from {@code offset} on
     * @param normed whether there is a gain, hence a norm
     */
    static NormScale of(float[] statistics, int offset, int blocks, boolean normed, int normColumns, float epsilon) {
        float max = statistics[offset];
        float total = 0f;
        if (normed) {
            for (int block = 1; block <= blocks; block++) {
                total += statistics[offset + block];
            }
        }
        float r = normed ? 1f / (float) Math.sqrt(total / normColumns + epsilon) : 1f;
        float a = max * r;
        if (!Float.isFinite(max) || !Float.isFinite(total) || !Float.isFinite(a)) {
            return FAULT;
        }
        float scale = a >= SMALLEST ? 127f / max : (127f / SMALLEST) * r;
        return new NormScale(scale, Math.max(a, SMALLEST) / 127f, true);
    }
}
