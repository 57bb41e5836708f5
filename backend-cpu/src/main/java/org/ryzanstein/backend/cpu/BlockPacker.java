package org.ryzanstein.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.ryzanstein.api.weight.BlockForm.Parts;
import org.ryzanstein.api.weight.BlockRow;
import org.ryzanstein.api.weight.WeightSource.Blocks;

/** Puts groups of rows into the form of {@link BlockLayout}; one for each thread that packs. */
final class BlockPacker {
    private static final int ROWS = BlockLayout.ROWS;
    private static final int BLOCK = Blocks.BLOCK;

    private final Blocks source;
    private final BlockLayout layout;
    private final BlockRow[] rows = new BlockRow[ROWS];
    private final MemorySegment block;

    BlockPacker(Blocks source, BlockLayout layout) {
        this.source = source;
        this.layout = layout;
        this.block = MemorySegment.ofArray(new byte[layout.blockBytes()]);
        for (int i = 0; i < ROWS; i++) {
            rows[i] = new BlockRow(source.columns(), source.form());
        }
    }

    /**
     * Packs a group; rows beyond the last are zero.
     *
     * @return false if a scale does not fit float16 and the layout wants that
     */
    boolean pack(int group, PlacedItems groups) {
        int first = group * ROWS;
        int count = Math.min(ROWS, source.rows() - first);
        for (int i = 0; i < count; i++) {
            source.readBlocks(first + i, rows[i]);
        }
        block.fill((byte) 0);
        boolean fits = true;
        for (int b = 0; b < layout.blocks(); b++) {
            for (int i = 0; i < count; i++) {
                packQuants(rows[i].quants(), b * BLOCK, i);
                fits &= packNumbers(rows[i], b, i);
            }
            long at = groups.at(group) + (long) b * layout.blockBytes();
            MemorySegment.copy(block, 0, groups.memory(), at, layout.blockBytes());
        }
        return fits;
    }

    private void packQuants(byte[] quants, int from, int row) {
        switch (layout.quants()) {
            case NIBBLES -> packNibbles(quants, from, row);
            case BYTES -> {
                for (int k = 0; k < BLOCK; k++) {
                    block.set(ValueLayout.JAVA_BYTE, k * ROWS + row, quants[from + k]);
                }
            }
        }
    }

    private void packNibbles(byte[] quants, int from, int row) {
        for (int j = 0; j < BLOCK / 4; j++) {
            int word = 0;
            for (int i = 0; i < 4; i++) {
                word |= (quants[from + 4 * j + i] - layout.base()) << (4 * i);
            }
            block.set(ValueLayout.JAVA_SHORT_UNALIGNED, (j * ROWS + row) * 2L, (short) word);
        }
    }

    private boolean packNumbers(BlockRow blocks, int b, int row) {
        boolean fits = packScale(layout.scalesAt(), row, blocks.scales()[b]);
        packParts(layout.subScales(), layout.subScalesAt(), row, blocks.subScales(), b);
        if (layout.hasMinima()) {
            fits &= packScale(layout.minimaAt(), row, blocks.minima()[b]);
            packParts(layout.minima(), layout.subMinimaAt(), row, blocks.subMinima(), b);
        }
        return fits;
    }

    private boolean packScale(int at, int row, float scale) {
        if (layout.wideScales()) {
            block.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + (long) row * Float.BYTES, scale);
            return true;
        }
        short half = Float.floatToFloat16(scale);
        block.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + (long) row * Short.BYTES, half);
        return Float.floatToRawIntBits(Float.float16ToFloat(half)) == Float.floatToRawIntBits(scale);
    }

    private void packParts(Parts parts, int at, int row, byte[] halves, int b) {
        if (parts != Parts.NONE) {
            block.set(ValueLayout.JAVA_BYTE, at + row, halves[2 * b]);
        }
        if (parts == Parts.HALF) {
            block.set(ValueLayout.JAVA_BYTE, at + ROWS + row, halves[2 * b + 1]);
        }
    }
}
