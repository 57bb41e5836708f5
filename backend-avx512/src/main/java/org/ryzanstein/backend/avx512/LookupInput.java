package org.ryzanstein.backend.avx512;

import org.ryzanstein.backend.cpu.TernaryInput;

/**
 * Quantised activations in the forms that {@link LookupMatrix} multiplies: for the first rows, which are all there are while
 * tokens are generated, the tables of {@link RowLookup}; for larger batches all rows beside each other, for
 * {@link TokenLookup}.
 */
final class LookupInput extends TernaryInput {
    /** So many rows of a batch are multiplied one by one, by tables of their own. */
    static final int FEW = 8;

    private final LookupShape shape;
    private final short[][] tables; // (at most FEW, tables of a row)
    private final byte[] lanes; // (groups of 32 rows, columns, 32), or empty

    LookupInput(int rows, int columns) {
        super(rows, columns);
        this.shape = LookupShape.of(columns);
        this.tables = new short[Math.min(rows, FEW)][RowLookup.tableLength(shape)];
        int groups = rows > FEW ? Math.ceilDiv(rows, TokenLookup.TOKENS) : 0;
        this.lanes = new byte[Math.multiplyExact(groups, TokenLookup.laneLength(shape))];
    }

    @Override
    protected void finish(int row) {
        int at = row * stride();
        if (row < tables.length) {
            RowLookup.buildTables(digits(), at, shape, tables[row]);
        }
        if (lanes.length > 0) {
            int group = row / TokenLookup.TOKENS * TokenLookup.laneLength(shape);
            TokenLookup.spread(digits(), at, shape.columns(), lanes, group + row % TokenLookup.TOKENS);
        }
    }

    /** The tables of the first rows, at most {@link #FEW}. */
    short[][] tables() {
        return tables;
    }

    /** Digits of all rows, each group's at a multiple of {@link TokenLookup#laneLength}. */
    byte[] lanes() {
        return lanes;
    }
}
