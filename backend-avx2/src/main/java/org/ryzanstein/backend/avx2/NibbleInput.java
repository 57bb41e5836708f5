package org.ryzanstein.backend.avx2;

import org.ryzanstein.backend.cpu.TernaryInput;

/**
 * Quantised activations with the {@link SubsetTables} of the first rows, which are all there are while tokens are generated.
 * For larger batches {@link NibbleMatrix} builds tables as it goes: those of all rows would take 8 bytes a digit.
 */
final class NibbleInput extends TernaryInput {
    /** Largest batch that is multiplied by the tables kept here. */
    static final int FEW = 8;

    private final int groups;
    private final byte[][] tables; // (at most FEW, tables of a row)

    NibbleInput(int rows, int columns) {
        super(rows, columns);
        this.groups = NibbleShape.groups(columns);
        this.tables = new byte[Math.min(rows, FEW)][Math.multiplyExact(groups, SubsetTables.BYTES)];
    }

    @Override
    protected void finish(int row) {
        if (row < tables.length) {
            SubsetTables.build(digits(), row * stride(), groups, tables[row], 0);
        }
    }

    /** The tables of one of the first rows, at most {@link #FEW}. */
    byte[] tables(int row) {
        return tables[row];
    }
}
