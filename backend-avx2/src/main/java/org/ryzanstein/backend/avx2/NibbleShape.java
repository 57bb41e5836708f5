package org.ryzanstein.backend.avx2;

/**
 * How rows of ternary weights become bytes. A byte stands for four neighbouring weights, the first in the lowest bit: in its
 * low half a bit is set where the weight is 1, in its high half where it is -1. Rows lie in blocks of {@link #ROWS}, and are cut
 * into chunks: bytes are in (chunk, block, four weights, row) order. So neighbouring bytes belong to neighbouring rows, what a
 * thread reads of a chunk lies together, and the tables of one chunk serve all blocks before the next chunk's are needed.
 *
 * <p>A row is padded with zero weights to whole units of {@link #UNIT}, and summed in chunks of {@link #CHUNK} bytes, the last
 * one short: 4 * 64 * 127 = 32,512 fits 16 bits.
 *
 * @param columns weights of a row
 * @param groups bytes of a row
 * @param blocks of rows
 */
record NibbleShape(int columns, int groups, int blocks) {
    /** Weights of a byte. */
    static final int DIGITS = 4;
    /** Rows of a block: two vectors. */
    static final int ROWS = 2 * Lanes.HALVES;
    /** Bytes of a row that can be summed in 8 bits. */
    static final int UNIT = 4;
    /** Bytes of a row that can be summed in 16 bits. */
    static final int CHUNK = 64;

    static NibbleShape of(int rows, int columns) {
        return new NibbleShape(columns, groups(columns), Math.ceilDiv(rows, ROWS));
    }

    /** Bytes of a row of so many weights. */
    static int groups(int columns) {
        return Math.ceilDiv(columns, DIGITS * UNIT) * UNIT;
    }

    /** Bytes of a row in a chunk. */
    static int chunkGroups(int groups, int chunk) {
        return Math.min(CHUNK, groups - chunk * CHUNK);
    }

    /** Chunks of a row. */
    int chunks() {
        return Math.ceilDiv(groups, CHUNK);
    }

    /** Bytes of a row in a chunk. */
    int chunkGroups(int chunk) {
        return chunkGroups(groups, chunk);
    }

    /** Bytes of a block in the chunk of a group, which is how far its blocks are apart. */
    int stride(int group) {
        return chunkGroups(group / CHUNK) * ROWS;
    }

    /** Where the bytes of a group lie in a block. */
    long offset(int block, int group) {
        long chunk = (long) (group / CHUNK) * CHUNK * ROWS * blocks;
        return chunk + (long) block * stride(group) + (long) (group % CHUNK) * ROWS;
    }

    /** Bytes of a block in all chunks. */
    long blockBytes() {
        return (long) groups * ROWS;
    }

    /** The same rows, but so many blocks of them. */
    NibbleShape withBlocks(int count) {
        return new NibbleShape(columns, groups, count);
    }
}
