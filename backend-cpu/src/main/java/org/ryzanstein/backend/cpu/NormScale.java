package org.ryzanstein.backend.cpu;

/**
 * From a row's statistics to the scale and the factor of its digits; {@link org.ryzanstein.api.kernel.StepRecorder#quantize}
 * states the arithmetic. One for each thread, since a new one for each row would be garbage.
 */
final class NormScale {
    private static final float SMALLEST = 1e-5f;

    private float scale;
    private float factor;

    /**
     * Computes it.
     *
     * @param statistics from {@code offset} on, for each shard of the row the largest magnitude and the sums of squares
     * @param shardColumns elements of each shard's statistics
     * @param normed whether there is a gain, hence a norm
     * @return false for a faulted row: scale and factor are then 0
     */
    boolean compute(
            float[] statistics, int offset, int[] shardColumns, boolean normed, int normColumns, float epsilon) {
        float max = 0f;
        float total = 0f;
        int at = offset;
        for (int columns : shardColumns) {
            max = Math.max(max, statistics[at]);
            if (normed) {
                for (int block = 1; block < columns; block++) {
                    total += statistics[at + block];
                }
            }
            at += columns;
        }
        float r = normed ? 1f / (float) Math.sqrt(total / normColumns + epsilon) : 1f;
        float a = max * r;
        boolean finite = Float.isFinite(max) && Float.isFinite(total) && Float.isFinite(a);
        scale = !finite ? 0f : a >= SMALLEST ? 127f / max : (127f / SMALLEST) * r;
        factor = finite ? Math.max(a, SMALLEST) / 127f : 0f;
        return finite;
    }

    /** What elements (times gain) are multiplied by before they are rounded. */
    float scale() {
        return scale;
    }

    /** What a digit is worth. */
    float factor() {
        return factor;
    }
}
