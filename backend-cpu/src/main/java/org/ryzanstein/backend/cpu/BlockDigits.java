package org.ryzanstein.backend.cpu;

import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.api.weight.WeightSource.Blocks;

/** Activations quantised to int8 in blocks of 32, each row with a factor for each block. */
final class BlockDigits {
    private static final int BLOCK = Blocks.BLOCK;
    private static final int HALF = Blocks.HALF;
    /** A block whose largest magnitude is below this counts as zero: 127 / M must not overflow. */
    private static final float SMALLEST = 1e-30f;

    private final HostBuffer in;
    private final int blocks;
    private final byte[] values; // (rows, columns)
    private final float[] factors; // (rows, blocks)
    private final int[] sums; // (rows, blocks, 2), or empty

    /**
     * Room for the rows of a buffer.
     *
     * @param in whole blocks wide
     * @param summed whether the sums of half blocks are wanted
     */
    BlockDigits(HostBuffer in, boolean summed) {
        this.in = in;
        this.blocks = in.columns() / BLOCK;
        this.values = new byte[Math.multiplyExact(in.rows(), in.columns())];
        this.factors = new float[in.rows() * blocks];
        this.sums = new int[summed ? 2 * factors.length : 0];
    }

    /**
     * Quantises a row of the buffer.
     *
     * @return false if the row holds a value that is not finite
     */
    boolean prepare(int row) {
        boolean finite = true;
        for (int block = 0; block < blocks; block++) {
            finite &= prepareBlock(row, block);
        }
        return finite;
    }

    private boolean prepareBlock(int row, int block) {
        float[] x = in.floats();
        int source = in.row(row) + block * BLOCK;
        int target = row * in.columns() + block * BLOCK;
        float max = 0f;
        for (int i = 0; i < BLOCK; i++) {
            max = Math.max(max, Math.abs(x[source + i]));
        }
        boolean usable = max >= SMALLEST && Float.isFinite(max);
        float scale = usable ? 127f / max : 0f;
        for (int i = 0; i < BLOCK; i++) {
            values[target + i] = usable ? (byte) ContractMath.roundToInteger(x[source + i] * scale) : 0;
        }
        int at = row * blocks + block;
        factors[at] = usable ? max / 127f : 0f;
        if (sums.length > 0) {
            sums[2 * at] = sum(target);
            sums[2 * at + 1] = sum(target + HALF);
        }
        return Float.isFinite(max);
    }

    private int sum(int from) {
        int sum = 0;
        for (int i = from; i < from + HALF; i++) {
            sum += values[i];
        }
        return sum;
    }

    /** The digits, row by row. */
    byte[] values() {
        return values;
    }

    /** What a digit of a block is worth: row by row, one for each block. */
    float[] factors() {
        return factors;
    }

    /** Sums of digits: row by row, two for each block, one for each half. */
    int[] sums() {
        return sums;
    }
}
