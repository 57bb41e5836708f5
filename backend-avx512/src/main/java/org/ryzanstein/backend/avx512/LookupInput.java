package org.ryzanstein.backend.avx512;

import org.ryzanstein.backend.cpu.TernaryInput;

/**
 * Quantised activations with the tables of {@link Lookup} for the first rows, which are all there are while tokens are
 * generated. For larger batches, {@link LookupMatrix} builds tables as it goes: those of all rows would take 21 bytes a digit.
 */
final class LookupInput extends TernaryInput {
    /** Largest batch that is multiplied by the tables kept here. */
    static final int FEW = 8;

    private final LookupShape shape;
    private final short[][] tables; // (at most FEW, tables of a row)

    LookupInput(int rows, int columns) {
        super(rows, columns);
        this.shape = LookupShape.of(columns);
        this.tables = new short[Math.min(rows, FEW)][shape.rowIndexes() * Lookup.TABLE];
    }

    @Override
    protected void finish(int row) {
        if (row < tables.length) {
            Lookup.buildTables(digits(), row * stride(), shape.columns(), 0, shape.rowIndexes(), tables[row]);
        }
    }

    /** The tables of the first rows, at most {@link #FEW}. */
    short[][] tables() {
        return tables;
    }
}
