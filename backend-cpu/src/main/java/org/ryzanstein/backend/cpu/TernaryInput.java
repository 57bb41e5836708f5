package org.ryzanstein.backend.cpu;

import java.lang.foreign.MemorySegment;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.QuantizedActivations;

/**
 * The quantised input of a ternary layer: int8 digits, a factor for each row, and in a subclass whatever else a kernel derives from
 * the digits.
 */
public class TernaryInput implements QuantizedActivations {
    /** Rows of digits begin at multiples of this; what follows a row's last digit is zero. */
    public static final int ALIGNMENT = 64;

    private final int rows;
    private final int columns;
    private final int stride;
    private final byte[] digits; // (rows, stride)
    private final float[] factors; // (rows)

    public TernaryInput(int rows, int columns) {
        this.rows = rows;
        this.columns = columns;
        this.stride = Math.multiplyExact(Math.ceilDiv(columns, ALIGNMENT), ALIGNMENT);
        this.digits = new byte[Math.multiplyExact(rows, stride)];
        this.factors = new float[rows];
    }

    /** Derives from a row's digits what else the kernel needs, here nothing; called after they were set, one thread a row. */
    protected void finish(int row) {}

    @Override
    public final int rows() {
        return rows;
    }

    @Override
    public final int columns() {
        return columns;
    }

    /** Digits from the start of a row to that of the next. */
    public final int stride() {
        return stride;
    }

    /** All digits, rows {@link #stride()} apart. */
    public final byte[] bytes() {
        return digits;
    }

    @Override
    public final Buffer digits() {
        return HostMemory.matrix(
                MemorySegment.ofArray(digits),
                ElementType.INT32,
                rows,
                Math.ceilDiv(columns, ElementType.BYTES),
                stride / ElementType.BYTES);
    }

    /** For each row what a digit is worth. */
    public final float[] factors() {
        return factors;
    }
}
