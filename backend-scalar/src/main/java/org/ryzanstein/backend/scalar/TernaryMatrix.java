package org.ryzanstein.backend.scalar;

import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.weight.WeightSource;

/**
 * Ternary weights as two bits in separate words, multiplied bit-serially with {@link BitPlanes} by counting bits.
 *
 * <p>With u = digit + 128 in bit planes p_b, mask m (weight not zero) and sign s (weight negative):
 * {@code popcount(m & (s ^ p_b)) = #(positive weights with bit b set) + #(negative weights with bit b clear)}, hence
 * {@code sum w * digit = sum_b 2^b * popcount(m & (s ^ p_b)) - 255 * negatives - 128 * (positives - negatives)}, whose last
 * two terms depend on the row alone.
 */
final class TernaryMatrix implements MatrixWeights {
    /** So many columns keep every sum within int32: 2^31 / 255. */
    static final int MAX_COLUMNS = 8_000_000;

    private final String name;
    private final int rows;
    private final int columns;
    private final int words;
    /** One array a row: for each word of 64 columns its mask and its sign. */
    private final long[][] bits;
    /** 128 * positives + 127 * negatives, one a row. */
    private final int[] offsets;

    private final float[] scales;

    private TernaryMatrix(WeightSource.Ternary source) {
        this.name = source.name();
        this.rows = source.rows();
        this.columns = source.columns();
        this.words = BitPlanes.wordsOf(columns);
        this.bits = new long[rows][];
        this.offsets = new int[rows];
        this.scales = new float[rows];
    }

    static TernaryMatrix pack(WeightSource.Ternary source, Parallel parallel) {
        if (source.columns() > MAX_COLUMNS) {
            throw new IllegalArgumentException(
                    source.name() + ": " + source.columns() + " columns, at most " + MAX_COLUMNS + " keep sums exact");
        }
        TernaryMatrix matrix = new TernaryMatrix(source);
        parallel.forRange(matrix.rows, (from, to) -> {
            byte[] digits = new byte[matrix.columns];
            for (int row = from; row < to; row++) {
                source.readDigits(row, digits, 0);
                matrix.packRow(row, digits, source.scale(row));
            }
        });
        return matrix;
    }

    private void packRow(int row, byte[] digits, float scale) {
        long[] packed = new long[2 * words];
        int positives = 0;
        int negatives = 0;
        for (int column = 0; column < columns; column++) {
            int digit = digits[column];
            int word = 2 * (column / BitPlanes.WORD);
            long bit = 1L << column;
            switch (digit) {
                case 0 -> {}
                case 1 -> {
                    packed[word] |= bit;
                    positives++;
                }
                case -1 -> {
                    packed[word] |= bit;
                    packed[word + 1] |= bit;
                    negatives++;
                }
                default ->
                    throw new IllegalArgumentException(name + ": row " + row + ", column " + column + ": digit " + digit
                            + ", expected -1, 0 or 1");
            }
        }
        bits[row] = packed;
        offsets[row] = 128 * positives + 127 * negatives;
        scales[row] = scale;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    @Override
    public long bytes() {
        return (long) rows * (2L * words * Long.BYTES + Integer.BYTES + Float.BYTES);
    }

    @Override
    public String layout() {
        return "ternary, 2 bits, bit-serial";
    }

    float scale(int row) {
        return scales[row];
    }

    /** Exact sum over the columns of weight digit times activation digit, of one row and one token. */
    int dot(int row, BitPlanes activations, int token) {
        long[] planes = activations.planes;
        return bitSerial(bits[row], planes, token * words * BitPlanes.PLANES) - offsets[row];
    }

    private static int bitSerial(long[] weights, long[] planes, int offset) {
        int sum = 0;
        for (int w = 0, p = offset; w < weights.length; w += 2, p += BitPlanes.PLANES) {
            long mask = weights[w];
            long sign = weights[w + 1];
            sum += Long.bitCount(mask & (sign ^ planes[p]))
                    + (Long.bitCount(mask & (sign ^ planes[p + 1])) << 1)
                    + (Long.bitCount(mask & (sign ^ planes[p + 2])) << 2)
                    + (Long.bitCount(mask & (sign ^ planes[p + 3])) << 3)
                    + (Long.bitCount(mask & (sign ^ planes[p + 4])) << 4)
                    + (Long.bitCount(mask & (sign ^ planes[p + 5])) << 5)
                    + (Long.bitCount(mask & (sign ^ planes[p + 6])) << 6)
                    + (Long.bitCount(mask & (sign ^ planes[p + 7])) << 7);
        }
        return sum;
    }
}
