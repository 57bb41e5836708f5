package org.ryzanstein.backend.avx2;

/**
 * How a row of ternary weights becomes bytes. A byte stands for four neighbouring weights, the first in the lowest bit: in its
 * low half a bit is set where the weight is 1, in its high half where it is -1. Rows lie in blocks of {@link #ROWS}; a block's
 * bytes are in (four weights, row) order, and blocks follow one another. So neighbouring bytes belong to neighbouring rows, and
 * a block is read from its beginning to its end.
 *
 * <p>A row is padded with zero weights to whole units of {@link #UNIT}, and summed in chunks of {@link #CHUNK} bytes, the last
 * one short: 4 * 64 * 127 = 32,512 fits 16 bits.
 */
record NibbleShape(int columns, int groups) {
    /** Weights of a byte. */
    static final int DIGITS = 4;
    /** Rows of a block. */
    static final int ROWS = 64;
    /** Bytes of a row that can be summed in 8 bits. */
    static final int UNIT = 4;
    /** Bytes of a row that can be summed in 16 bits. */
    static final int CHUNK = 64;

    static NibbleShape of(int columns) {
        return new NibbleShape(columns, Math.ceilDiv(columns, DIGITS * UNIT) * UNIT);
    }

    /** Chunks of a row. */
    int chunks() {
        return Math.ceilDiv(groups, CHUNK);
    }

    /** Bytes of a row in a chunk. */
    int chunkGroups(int chunk) {
        return Math.min(CHUNK, groups - chunk * CHUNK);
    }

    /** Bytes of a block. */
    long blockBytes() {
        return (long) groups * ROWS;
    }
}
