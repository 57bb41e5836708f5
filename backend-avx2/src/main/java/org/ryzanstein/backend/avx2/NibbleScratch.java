package org.ryzanstein.backend.avx2;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.backend.cpu.TernaryInput;

/**
 * What a thread needs to multiply by {@link NibbleMatrix}. Its tables are its own, even of one row that all threads multiply by: to build
 * them takes less time than to fetch them from another processor's cache, where that is far.
 */
final class NibbleScratch {
    /** Up to so many rows are multiplied one at a time, by {@link SubsetTables}. */
    static final int FEW = 8;

    /** 16-bit sums of a block of weight rows for one row of activations. */
    private final short[] sums = new short[NibbleShape.ROWS];
    /** Tables of one chunk for a row of activations, made when first needed. */
    private final byte[][] tables = new byte[FEW][];

    /** For batches; made when first needed. */
    private @Nullable TokenScratch tokens;

    short[] sums() {
        return sums;
    }

    /** Builds the tables of one chunk for up to {@link #FEW} rows. */
    byte[][] buildTables(TernaryInput in, int row, int count, NibbleShape shape, int chunk) {
        int first = chunk * NibbleShape.CHUNK * NibbleShape.DIGITS;
        for (int i = 0; i < count; i++) {
            if (tables[i] == null) {
                tables[i] = new byte[NibbleShape.CHUNK * SubsetTables.BYTES];
            }
            SubsetTables.build(in.bytes(), (row + i) * in.stride() + first, shape.chunkGroups(chunk), tables[i]);
        }
        return tables;
    }

    /** What batches need. */
    TokenScratch tokens() {
        if (tokens == null) {
            tokens = new TokenScratch();
        }
        return tokens;
    }
}
