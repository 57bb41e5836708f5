package org.ryzanstein.backend.avx512;

import org.ryzanstein.backend.cpu.TernaryInput;

/**
 * What a thread needs to multiply by {@link LookupMatrix}. Its tables are its own, even of one row that all threads multiply by: to build
 * them takes less time than to fetch them from another processor's cache, where that is far.
 */
final class LookupScratch {
    /** Rows of activations that share one reading of the weights. */
    static final int GROUP = 32;

    /** 16-bit sums of a block of weight rows for one row of activations. */
    private final short[] first = new short[Lookup.ROWS];
    /** The same for a second row of activations. */
    private final short[] second = new short[Lookup.ROWS];
    /** Tables of one chunk, made when first needed. */
    private final short[][] tables = new short[GROUP][];

    short[] first() {
        return first;
    }

    short[] second() {
        return second;
    }

    /** Builds the tables of one chunk for up to {@link #GROUP} rows. */
    short[][] buildTables(TernaryInput in, int row, int count, LookupShape shape, int chunk) {
        int from = chunk * shape.chunkIndexes();
        int to = from + shape.chunkIndexes();
        for (int i = 0; i < count; i++) {
            if (tables[i] == null) {
                tables[i] = new short[LookupShape.MAX_WORDS * LookupShape.INDEXES * Lookup.TABLE];
            }
            Lookup.buildTables(in.bytes(), (row + i) * in.stride(), shape.columns(), from, to, tables[i]);
        }
        return tables;
    }
}
