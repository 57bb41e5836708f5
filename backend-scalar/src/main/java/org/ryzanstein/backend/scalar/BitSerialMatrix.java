package org.ryzanstein.backend.scalar;

import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.backend.cpu.HostBuffer;
import org.ryzanstein.backend.cpu.Parallel;
import org.ryzanstein.backend.cpu.TernaryInput;
import org.ryzanstein.backend.cpu.TernaryMatrix;

/**
 * Ternary weights as two bits in separate words, multiplied bit-serially with {@link BitPlanes} by counting bits.
 *
 * <p>With u = digit + 128 in bit planes p_b, mask m (weight not zero) and sign s (weight negative):
 * {@code popcount(m & (s ^ p_b)) = #(positive weights with bit b set) + #(negative weights with bit b clear)}, hence
 * {@code sum w * digit = sum_b 2^b * popcount(m & (s ^ p_b)) - 255 * negatives - 128 * (positives - negatives)}, whose last
 * two terms depend on the row alone.
 */
final class BitSerialMatrix extends TernaryMatrix {
    private final int words;
    /** One array a row: for each word of 64 columns its mask and its sign. */
    private final long[][] bits;
    /** 128 * positives + 127 * negatives, one a row. */
    private final int[] offsets;

    private BitSerialMatrix(WeightSource.Ternary source) {
        super(source);
        this.words = BitPlanes.wordsOf(columns());
        this.bits = new long[rows()][];
        this.offsets = new int[rows()];
    }

    static BitSerialMatrix pack(WeightSource.Ternary source, Parallel parallel) {
        BitSerialMatrix matrix = new BitSerialMatrix(source);
        parallel.forRange(matrix.rows(), (from, to) -> {
            byte[] digits = new byte[matrix.columns()];
            for (int row = from; row < to; row++) {
                source.readDigits(row, digits, 0);
                matrix.packRow(row, digits);
            }
        });
        return matrix;
    }

    private void packRow(int row, byte[] digits) {
        long[] packed = new long[2 * words];
        int positives = 0;
        int negatives = 0;
        for (int column = 0; column < digits.length; column++) {
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
                default -> throw notTernary(row, column, digit);
            }
        }
        bits[row] = packed;
        offsets[row] = 128 * positives + 127 * negatives;
    }

    @Override
    protected long digitBytes() {
        return (long) rows() * (2L * words * Long.BYTES + Integer.BYTES);
    }

    @Override
    public String layout() {
        return "ternary, 2 bits, bit-serial";
    }

    @Override
    public void multiply(TernaryInput in, int tokens, int from, int to, HostBuffer sums) {
        long[] planes = ((BitPlanes) in).planes();
        for (int row = from; row < to; row++) {
            for (int token = 0; token < tokens; token++) {
                int sum = bitSerial(bits[row], planes, token * words * BitPlanes.PLANES) - offsets[row];
                sums.ints()[sums.row(token) + row] = sum;
            }
        }
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
