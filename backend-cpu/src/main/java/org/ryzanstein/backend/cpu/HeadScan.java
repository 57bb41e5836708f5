package org.ryzanstein.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.ryzanstein.api.numerics.ContractMath;

/**
 * A copy of an output head in eight bits, which tells which rows can be among the best, so that only those need be read in full. The
 * result is that of the full computation: rows are left out only where a bound proves that enough others are better.
 *
 * <p><b>Form.</b> Row w of K weights is kept as integers q in -127 .. 127 and a scale s, with s * q near w. For an input x, the scan
 * computes a = fl(s * S), where S is the sum of q[k] * x[k] by fma in any order.
 *
 * <p><b>Bound.</b> Let L be the logit of the numerics contract: sixteen accumulators by fma and a tree of four additions. Let u = 2^-24,
 * g(n) = n * u / (1 - n * u), and |.| the Euclidean norm of a vector. Let T be the true sum of w[k] * x[k].
 *
 * <ol>
 *   <li>A term of L is rounded at most K / 16 + 1 + 4 times, so |L - T| <= g(K + 5) * sum |w[k] * x[k]| <= g(K + 5) * |w| * |x|, by
 *       Cauchy and Schwarz (N. Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1).
 *   <li>T differs from the true s * sum q[k] * x[k] by the product of w - s * q and x: at most r * |x| with r = |w - s * q|.
 *   <li>S has K roundings: s * S differs from that by at most g(K) * s * |q| * |x|, where s * |q| <= |w| + r. The product with s is
 *       rounded once more.
 * </ol>
 *
 * <p>Together |L - a| <= |x| * (r + (g(K + 5) + g(K + 2)) * (|w| + r)). The error kept for a row is e = r + 2 * g(K + 64) * (|w| + r): more
 * by at least 100 * u * (|w| + r), which pays for the rounding of e * |x|, of a - e * |x| and of a + e * |x|, each at most u * (|a| + e *
 * |x|). Norms are sums in double precision, increased by a factor of 1 + 2^-30 for their own K roundings. Every operation that ends below
 * the normal numbers may add 2^-150; there are fewer than 2 * K + 64 of them, half of which are multiplied by s: {@code tiny} covers
 * them.
 *
 * <p><b>Selection.</b> For the best n, let t be the n-th largest of all a - e * |x|. n rows have logits of at least t. A row with a + e *
 * |x| below t has a smaller logit than each of them, so it is not among the best n, whatever the order of equal ones. All other rows are
 * computed in full.
 *
 * <p><b>When it is made.</b> The copy of a large head takes a good part of a start. So it is made before the second step that it serves: the
 * first one computes the head in full.
 *
 * <p><b>What is not finite.</b> |x| * |w| bounds every partial sum of a logit, and |x| * 127 * sqrt(K) every one of the scan. Where both are
 * far below the largest float for the largest |w|, no logit is infinite, and none need be looked at for it. Where that is not so the
 * head is computed in full. Where a weight is not finite no row of logits is, whatever a kernel makes of the weight; so weights of a
 * head without a copy are looked at when they are first multiplied, and not while a model is loaded.
 */
final class HeadScan {
    /** Rows of a group: bytes lie in (group, column, row) order. */
    static final int ROWS = BlockLayout.ROWS;

    private static final int PAGED_GROUPS = DenseMatrix.PAGED_ROWS / ROWS;

    /** Bytes of a copy that is not made while a model is loaded. */
    private static final long LARGE = 32L << 20;

    /** How far the copy is. */
    enum State {
        /** Not made yet. */
        OPEN,
        READY,
        /** Weights for which the bound does not hold. */
        UNSAFE
    }

    private static final double UNIT = 0x1p-24;
    private static final double SAFE = 1e37;
    private static final int LARGEST = 127;

    private final DenseMatrix weights;
    private final Parallel parallel;
    private final int groups;
    private final int width;
    private final PlacedItems packed;
    private final float[] scales;
    private final float[] errors;
    /** Groups whose weights have been looked at. */
    private final boolean[] checked;

    private volatile boolean finite = true;
    private boolean asked;
    private State state = State.OPEN;

    private float tiny;
    private double largestNorm;

    private HeadScan(DenseMatrix weights, Parallel parallel, WeightMemory memory) {
        this.weights = weights;
        this.parallel = parallel;
        this.groups = Math.ceilDiv(weights.rows(), ROWS);
        this.width = weights.columns() + weights.columns() % 2;
        long groupBytes = (long) ROWS * width;
        // What the kernel reads beside the last groups, if they are fewer than it reads at a time.
        long behind = (DenseKernels.STREAMS - 1) * groupBytes;
        this.packed = PlacedItems.allocate(groups, 1, groupBytes, behind, parallel, memory);
        this.scales = new float[groups * ROWS];
        this.errors = new float[groups * ROWS];
        this.checked = new boolean[groups];
    }

    /** A copy of a matrix, made now if it is small. */
    static HeadScan of(DenseMatrix weights, Parallel parallel, WeightMemory memory) {
        HeadScan scan = new HeadScan(weights, parallel, memory);
        if (scan.bytes() < LARGE) {
            scan.copy();
        }
        return scan;
    }

    /** Whether the copy is there yet, or never will be. */
    State state() {
        return state;
    }

    /** Called before each step that needs the copy: makes it for the second, since whoever waits for a first token shall not wait for it. */
    void ask() {
        if (asked && state == State.OPEN) {
            copy();
        }
        asked = true;
    }

    /** Whether all weights have been looked at. */
    boolean isChecked() {
        for (boolean group : checked) {
            if (!group) {
                return false;
            }
        }
        return true;
    }

    /** Looks at the weights of the rows {@code from .. to}, which begin with a group, if that has not been done. */
    void check(int from, int to) {
        int first = from / ROWS;
        int end = Math.ceilDiv(to, ROWS);
        for (int group = first; group < end; group++) {
            if (!checked[group]) {
                if (!weights.allFinite(from, to)) {
                    finite = false;
                }
                Arrays.fill(checked, first, end, true);
                return;
            }
        }
    }

    /** Whether all weights are finite, as far as they have been looked at. */
    boolean isFinite() {
        return finite;
    }

    /** Each member copies what it will read. */
    private void copy() {
        double[] norms = new double[weights.rows()];
        parallel.forRange(groups, (from, to) -> {
            for (int g = from; g < to; g += PAGED_GROUPS) {
                int end = Math.min(to, g + PAGED_GROUPS);
                int endRow = Math.min(end * ROWS, weights.rows());
                check(g * ROWS, endRow);
                packGroups(g, end, norms);
                weights.releasePages(g * ROWS, endRow);
            }
        });
        float largestScale = 0f;
        for (int row = 0; row < norms.length; row++) {
            largestNorm = Math.max(largestNorm, norms[row]);
            largestScale = Math.max(largestScale, scales[row]);
        }
        tiny = roundUp((2.0 * weights.columns() + 64) * 0x1p-149 * (1.0 + largestScale));
        state = finite && largestNorm < SAFE ? State.READY : State.UNSAFE;
    }

    private void packGroups(int from, int to, double[] norms) {
        float[] row = new float[weights.columns()];
        float[] digits = new float[weights.columns()];
        byte[] group = new byte[ROWS * width];
        for (int g = from; g < to; g++) {
            int count = Math.min(ROWS, weights.rows() - g * ROWS);
            for (int i = 0; i < count; i++) {
                weights.decode(g * ROWS + i, row, 0);
                norms[g * ROWS + i] = packRow(g * ROWS + i, row, digits, group);
            }
            MemorySegment.copy(group, 0, packed.memory(), ValueLayout.JAVA_BYTE, at(g), group.length);
        }
    }

    /** Returns the row's norm. */
    private double packRow(int row, float[] values, float[] digits, byte[] group) {
        float max = 0f;
        for (float value : values) {
            max = Math.max(max, Math.abs(value));
        }
        float scale = max / LARGEST;
        float inverse = scale >= Float.MIN_NORMAL ? 1f / scale : 0f;
        for (int k = 0; k < values.length; k++) {
            float digit = ContractMath.roundToInteger(values[k] * inverse);
            digits[k] = Math.max(-LARGEST, Math.min(LARGEST, digit));
        }
        for (int k = 0; k < values.length; k++) {
            group[k * ROWS + row % ROWS] = (byte) digits[k];
        }
        double squares = sumOfSquares(values, digits, 0);
        double residue = sumOfSquares(values, digits, scale);
        double norm = norm(squares);
        double rest = norm(residue);
        scales[row] = scale;
        errors[row] = roundUp(rest + 2 * gamma(values.length + 64) * (norm + rest));
        return norm;
    }

    /** The sum of (value - digit * scale) squared, as four sums, so that none waits for the one before. */
    private static double sumOfSquares(float[] values, float[] digits, double scale) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int k = 0;
        for (; k + 3 < values.length; k += 4) {
            double r0 = values[k] - scale * digits[k];
            double r1 = values[k + 1] - scale * digits[k + 1];
            double r2 = values[k + 2] - scale * digits[k + 2];
            double r3 = values[k + 3] - scale * digits[k + 3];
            s0 += r0 * r0;
            s1 += r1 * r1;
            s2 += r2 * r2;
            s3 += r3 * r3;
        }
        for (; k < values.length; k++) {
            double rest = values[k] - scale * digits[k];
            s0 += rest * rest;
        }
        return (s0 + s1) + (s2 + s3);
    }

    private static double norm(double squares) {
        return Math.sqrt(squares) * (1 + 0x1p-30);
    }

    private static double gamma(int roundings) {
        return roundings * UNIT / (1 - roundings * UNIT);
    }

    private static float roundUp(double value) {
        return Math.nextUp((float) value);
    }

    /** Bytes of the copy. */
    long bytes() {
        return packed.bytes() + (long) scales.length * 2 * Float.BYTES;
    }

    /** Columns, and one of zeros if their number is odd. */
    int width() {
        return width;
    }

    /** All groups, and room behind them for as many as {@link DenseKernels#scan} reads beside the last. */
    MemorySegment memory() {
        return packed.memory();
    }

    /** Where a group begins. */
    long at(int group) {
        return packed.at(group);
    }

    /** Bytes from one group to the next of the same member. */
    long groupBytes() {
        return (long) ROWS * width;
    }

    /**
     * The norm of an input, rounded up.
     *
     * @return negative if the scan can't be used, because a sum may not be finite
     */
    float norm(float[] x, int offset) {
        double squares = 0;
        for (int k = 0; k < weights.columns(); k++) {
            squares += (double) x[offset + k] * x[offset + k];
        }
        double norm = norm(squares);
        boolean safe = norm * Math.max(largestNorm, LARGEST * Math.sqrt(width)) < SAFE;
        return safe ? roundUp(norm) : -1f;
    }

    /** Turns sums, from {@code at} on, into approximate logits of the rows {@code from .. to}. */
    void scale(float[] sums, int at, int from, int to, float[] out) {
        for (int i = from; i < to; i++) {
            out[i] = sums[at + i - from] * scales[i];
        }
    }

    /** How far a row's approximate logit is from its logit at most. */
    float error(int row, float norm) {
        return errors[row] * norm + tiny;
    }
}
