package org.ryzanstein.backend.avx2;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.ryzanstein.backend.cpu.HostBuffer;
import org.ryzanstein.backend.cpu.TernaryInput;

/**
 * What a thread needs to multiply a tile of weight rows with up to {@link TokenTables#TOKENS} rows of activations: tables, and sums
 * of shape (row of the tile, token), which stay in the second-level cache.
 */
final class TokenScratch {
    /** Most blocks of weight rows that are multiplied by one building of tables. */
    static final int BLOCKS = 80;

    private static final int BLOCK = NibbleShape.ROWS * TokenTables.TOKENS;
    /** Bytes of a cache line, where tables begin. */
    private static final int LINE = 64;
    /** As long as no sum's magnitude can be above this, another panel fits 16 bits. */
    private static final int LIMIT = Short.MAX_VALUE - TokenTables.COLUMNS * 127;

    private final int[] packed = new int[TokenTables.PANEL * TokenTables.TOKENS];
    private final short[] lanes = new short[TokenTables.COLUMNS * TokenTables.TOKENS];
    private final short[] bounds = new short[TokenTables.TOKENS];
    private final char[] offsets = new char[TokenTables.PANEL * NibbleShape.ROWS];
    private final MemorySegment tables = Arena.ofAuto().allocate(TokenTables.BYTES, LINE);
    private final short[] sums = new short[BLOCKS * BLOCK];
    private final int[] totals = new int[BLOCKS * BLOCK];
    /** Whether sums hold nothing yet since they were last widened, and totals nothing at all. */
    private boolean sumsEmpty;

    private boolean totalsEmpty;

    /** Begins a tile. */
    void begin() {
        Arrays.fill(bounds, (short) 0);
        sumsEmpty = true;
        totalsEmpty = true;
    }

    /**
     * Adds what a panel gives.
     *
     * @param token the first of {@code count} rows of activations
     * @param group the first of {@code groups} of four digits
     * @param weights of the tile's {@code blocks} blocks, the panel's of the first from {@code at} on, {@code stride} apart
     */
    void addPanel(
            TernaryInput in,
            int token,
            int count,
            int group,
            int groups,
            MemorySegment weights,
            long at,
            int stride,
            int blocks) {
        int digit = token * in.stride() + group * NibbleShape.DIGITS;
        TokenTables.turn(in.bytes(), digit, in.stride(), count, groups, packed, lanes);
        TokenTables.build(lanes, groups, tables);
        for (int block = 0; block < blocks; block++) {
            TokenTables.readOffsets(weights, at + (long) block * stride, groups, offsets);
            if (sumsEmpty) {
                TokenTables.setPanel(offsets, tables, sums, block * BLOCK);
            } else {
                TokenTables.addPanel(offsets, tables, sums, block * BLOCK);
            }
        }
        sumsEmpty = false;
        if (TokenTables.addMagnitudes(lanes, groups, bounds) > LIMIT) {
            NibbleSums.widen(sums, totals, 0, blocks * BLOCK, totalsEmpty);
            Arrays.fill(bounds, (short) 0);
            totalsEmpty = false;
            sumsEmpty = true;
        }
    }

    /**
     * Ends a tile: turns its sums from (row, token) to the (token, row) of the result.
     *
     * @param row the first of {@code rows} weight rows
     */
    void store(int row, int rows, int token, int count, HostBuffer result) {
        if (!sumsEmpty) {
            NibbleSums.widen(sums, totals, 0, Math.ceilDiv(rows, NibbleShape.ROWS) * BLOCK, totalsEmpty);
        }
        int stride = result.stride();
        for (int i = 0; i < count; i += Lanes.WORDS) {
            int to = result.row(token + i) + row;
            int turned = i + Lanes.WORDS <= count ? rows / Lanes.WORDS * Lanes.WORDS : 0;
            TokenTables.turnBack(totals, i, turned, result.ints(), to, stride);
            for (int t = i; t < Math.min(count, i + Lanes.WORDS); t++) {
                storeTotals(turned, rows, t, result.ints(), result.row(token + t) + row);
            }
        }
    }

    private void storeTotals(int first, int end, int token, int[] result, int to) {
        for (int r = first; r < end; r++) {
            result[to + r] = totals[r * TokenTables.TOKENS + token];
        }
    }
}
