package org.ryzanstein.backend.avx512;

import org.jspecify.annotations.Nullable;

/** What a thread needs to multiply by {@link LookupMatrix}; it grows to the largest shape that it meets. */
final class LookupScratch {
    /** 16-bit sums of a block of weight rows for one row of activations. */
    final short[] first = new short[RowLookup.ROWS];
    /** The same for a second row of activations. */
    final short[] second = new short[RowLookup.ROWS];

    private final short[][] tables = new short[LookupInput.FEW][0];
    private TokenLookup.@Nullable Scratch group;

    /** Tables of a few rows of activations: those that the input has, or else built here. */
    short[][] tables(LookupInput in, int row, int count, LookupShape shape) {
        if (row == 0) {
            return in.tables();
        }
        int length = RowLookup.tableLength(shape);
        for (int i = 0; i < count; i++) {
            if (tables[i].length < length) {
                tables[i] = new short[length];
            }
            RowLookup.buildTables(in.digits(), (row + i) * in.stride(), shape, tables[i]);
        }
        return tables;
    }

    /** For a group of 32 rows of activations. */
    TokenLookup.Scratch group() {
        TokenLookup.Scratch own = group;
        if (own == null) {
            own = new TokenLookup.Scratch();
            group = own;
        }
        return own;
    }
}
