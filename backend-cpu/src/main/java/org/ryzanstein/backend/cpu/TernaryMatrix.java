package org.ryzanstein.backend.cpu;

import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.weight.WeightSource;

/** Ternary weights in an instruction set's layout. */
public abstract class TernaryMatrix implements MatrixWeights {
    /** So many columns keep every sum within int32, whatever the kernel's way: 2^31 / 255. */
    private static final int MAX_COLUMNS = 8_000_000;

    private final String name;
    private final int rows;
    private final int columns;
    private final RowScales scales;

    /** Takes over shape and scales; the subclass packs the digits. */
    protected TernaryMatrix(WeightSource.Ternary source) {
        if (source.columns() > MAX_COLUMNS) {
            throw new IllegalArgumentException(
                    source.name() + ": " + source.columns() + " columns, at most " + MAX_COLUMNS + " keep sums exact");
        }
        this.name = source.name();
        this.rows = source.rows();
        this.columns = source.columns();
        this.scales = RowScales.of(source);
    }

    /** Rows that are packed together: threads share out whole groups of so many. */
    public int rowGroup() {
        return 1;
    }

    /**
     * Exact sums of weight digit times activation digit.
     *
     * @param tokens the first so many rows of the input
     * @param from first weight row, a multiple of {@link #rowGroup}
     * @param to end of the weight rows: such a multiple, or {@link #rows}
     * @param sums INT32, (tokens, rows)
     */
    public abstract void multiply(TernaryInput in, int tokens, int from, int to, HostBuffer sums);

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final int rows() {
        return rows;
    }

    @Override
    public final int columns() {
        return columns;
    }

    final RowScales scales() {
        return scales;
    }

    /** Bytes of the digits in this layout. */
    protected abstract long digitBytes();

    @Override
    public final long bytes() {
        return digitBytes() + scales.bytes();
    }

    /** Refuses what is no ternary digit. */
    protected final IllegalArgumentException notTernary(int row, int column, int digit) {
        return new IllegalArgumentException(
                name + ": row " + row + ", column " + column + ": digit " + digit + ", expected -1, 0 or 1");
    }
}
