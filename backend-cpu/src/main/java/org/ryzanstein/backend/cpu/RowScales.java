package org.ryzanstein.backend.cpu;

import java.util.Arrays;
import org.ryzanstein.api.weight.WeightSource;

/**
 * The scales of a ternary matrix's rows. Most formats have one for a whole matrix, so that matrices in a stack make long runs of
 * the same: these are kept once for each run, since an array of them all would come from memory in each step.
 */
final class RowScales {
    /** Runs that are shorter on the average are not worth a call of the kernel each. */
    private static final int LEAST_RUN = 64;

    private final float[] values;
    /** End of each run; empty if each row has a value of its own. */
    private final int[] ends;

    private RowScales(float[] values, int[] ends) {
        this.values = values;
        this.ends = ends;
    }

    static RowScales of(WeightSource.Ternary source) {
        int rows = source.rows();
        float[] values = new float[rows];
        int[] ends = new int[rows];
        int runs = 0;
        for (int row = 0; row < rows; row++) {
            float scale = source.scale(row);
            // By its bits: zeros have two signs.
            if (runs == 0 || Float.floatToRawIntBits(scale) != Float.floatToRawIntBits(values[runs - 1])) {
                values[runs++] = scale;
            }
            ends[runs - 1] = row + 1;
        }
        if ((long) runs * LEAST_RUN <= rows) {
            return new RowScales(Arrays.copyOf(values, runs), Arrays.copyOf(ends, runs));
        }
        for (int row = 0; row < rows; row++) {
            values[row] = source.scale(row);
        }
        return new RowScales(values, new int[0]);
    }

    long bytes() {
        return (long) values.length * Float.BYTES + (long) ends.length * Integer.BYTES;
    }

    /**
     * out[row] = float(sums[row]) * (factor * scale of the row) for {@code from <= row < to}.
     *
     * @param sumsOffset added to the row
     * @param outOffset likewise
     */
    void apply(
            CpuKernels kernels,
            int[] sums,
            int sumsOffset,
            float factor,
            float[] out,
            int outOffset,
            int from,
            int to) {
        if (ends.length == 0) {
            kernels.rescale(sums, sumsOffset, factor, values, out, outOffset, from, to);
            return;
        }
        int found = Arrays.binarySearch(ends, from + 1);
        int run = found < 0 ? -found - 1 : found;
        for (int row = from; row < to; run++) {
            int end = Math.min(to, ends[run]);
            kernels.scale(sums, sumsOffset + row, factor * values[run], out, outOffset + row, end - row);
            row = end;
        }
    }
}
