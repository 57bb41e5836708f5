package org.ryzanstein.backend.avx2;

import org.jspecify.annotations.Nullable;

/** What a thread needs to multiply by {@link NibbleMatrix}. */
final class NibbleScratch {
    /** 16-bit sums of a block of weight rows for one row of activations. */
    private final short[] sums = new short[NibbleShape.ROWS];
    /** Tables of one chunk for a row of activations; made when first needed. */
    private byte[] chunkTables = {};

    /** For batches; made when first needed. */
    private @Nullable TokenScratch tokens;

    short[] sums() {
        return sums;
    }

    /** Builds the tables of one chunk of a row of activations. */
    byte[] chunkTables(NibbleInput in, int row, int chunk, NibbleShape shape) {
        if (chunkTables.length == 0) {
            chunkTables = new byte[NibbleShape.CHUNK * SubsetTables.BYTES];
        }
        int at = row * in.stride() + chunk * NibbleShape.CHUNK * NibbleShape.DIGITS;
        SubsetTables.build(in.digits(), at, shape.chunkGroups(chunk), chunkTables, 0);
        return chunkTables;
    }

    /** What batches need. */
    TokenScratch tokens() {
        if (tokens == null) {
            tokens = new TokenScratch();
        }
        return tokens;
    }
}
