package org.ryzanstein.backend.avx2;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;

/** What a thread needs to multiply by {@link NibbleMatrix}. */
final class NibbleScratch {
    /** Blocks of weight rows that are multiplied by one building of {@link TokenTables}; sums stay in the second-level cache. */
    static final int BLOCKS = 32;

    private static final int TILE = BLOCKS * NibbleShape.ROWS * TokenTables.TOKENS;

    /** 16-bit sums of a block of weight rows for one row of activations. */
    private final short[] sums = new short[NibbleShape.ROWS];
    /** Tables of one chunk for a row of activations; made when first needed. */
    private byte[] chunkTables = {};

    /** Four digits of each row of activations. */
    private final int[] packed = new int[TokenTables.TOKENS];
    // For batches: shape (row of a tile, token). Made when first needed.
    private final byte[] panelBytes = new byte[TokenTables.PANEL * NibbleShape.ROWS];
    private short[] tokenTables = {};
    private short[] tokenSums = {};
    private int[] tokenTotals = {};

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

    /** Begins a tile of {@code blocks} blocks. */
    void clearSums(int blocks) {
        if (tokenSums.length == 0) {
            tokenTables = new short[TokenTables.PANEL * TokenTables.TABLE];
            tokenSums = new short[TILE];
            tokenTotals = new int[TILE];
        }
        Arrays.fill(tokenSums, 0, blocks * NibbleShape.ROWS * TokenTables.TOKENS, (short) 0);
    }

    /** Builds the tables of a panel for {@code count} rows of activations from {@code row} on. */
    short[] buildPanel(NibbleInput in, int row, int count, int group, int groups) {
        for (int i = 0; i < groups; i++) {
            int at = row * in.stride() + (group + i) * NibbleShape.DIGITS;
            TokenTables.build(in.digits(), at, in.stride(), count, packed, tokenTables, i * TokenTables.TABLE);
        }
        return tokenTables;
    }

    /** A block's bytes of a panel: in an array, where the compiler knows their number. */
    byte[] readPanel(MemorySegment weights, long at, int groups) {
        for (int i = 0; i < groups * NibbleShape.ROWS; i += Lanes.BYTES_16.length()) {
            ByteVector.fromMemorySegment(Lanes.BYTES_16, weights, at + i, ByteOrder.LITTLE_ENDIAN)
                    .intoArray(panelBytes, i);
        }
        return panelBytes;
    }

    /** 16-bit sums of a tile. */
    short[] tokenSums() {
        return tokenSums;
    }

    /** 32-bit sums of a tile. */
    int[] tokenTotals() {
        return tokenTotals;
    }
}
