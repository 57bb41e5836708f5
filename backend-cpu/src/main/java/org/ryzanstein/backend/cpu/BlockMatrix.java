package org.ryzanstein.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.weight.BlockForm.Parts;
import org.ryzanstein.api.weight.WeightSource.Blocks;

/** Block-quantised weights in the form of {@link BlockLayout}, multiplied with activations quantised in the same blocks. */
public final class BlockMatrix implements LinearMatrix, EmbeddingTable {
    private static final int BLOCK = Blocks.BLOCK;
    private static final int ROWS = BlockLayout.ROWS;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String name;
    private final int rows;
    private final int columns;
    private final BlockLayout layout;
    private final PlacedItems groups;
    private final MemorySegment memory;

    private BlockMatrix(Blocks source, BlockLayout layout, PlacedItems groups) {
        this.name = source.name();
        this.rows = source.rows();
        this.columns = source.columns();
        this.layout = layout;
        this.groups = groups;
        this.memory = groups.memory();
    }

    static BlockMatrix pack(Blocks source, Parallel parallel, WeightMemory memory) {
        if (source.columns() % BLOCK != 0) {
            throw new IllegalArgumentException(
                    source.name() + ": " + source.columns() + " columns, expected a multiple of " + BLOCK);
        }
        BlockMatrix narrow = packIfItFits(source, false, parallel, memory);
        return narrow != null ? narrow : Objects.requireNonNull(packIfItFits(source, true, parallel, memory));
    }

    private static @Nullable BlockMatrix packIfItFits(
            Blocks source, boolean wideScales, Parallel parallel, WeightMemory memory) {
        BlockLayout layout = BlockLayout.of(source.form(), source.columns(), wideScales);
        int groups = Math.ceilDiv(source.rows(), ROWS);
        PlacedItems packed = PlacedItems.allocate(groups, layout.groupBytes(), parallel, memory);
        AtomicBoolean fits = new AtomicBoolean(true);
        parallel.forRange(groups, (from, to) -> {
            BlockPacker packer = new BlockPacker(source, layout);
            for (int group = from; group < to && fits.get(); group++) {
                if (!packer.pack(group, packed)) {
                    fits.set(false);
                }
            }
        });
        return fits.get() ? new BlockMatrix(source, layout, packed) : null;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    @Override
    public long bytes() {
        return groups.bytes();
    }

    @Override
    public String layout() {
        return layout.toString();
    }

    /** How the weights are stored. */
    public BlockLayout form() {
        return layout;
    }

    /** All groups. */
    public MemorySegment memory() {
        return memory;
    }

    /** Where a group begins. */
    public long at(int group) {
        return groups.at(group);
    }

    @Override
    public void decode(int row, float[] target, int offset) {
        int lane = row % ROWS;
        for (int b = 0; b < layout.blocks(); b++) {
            long block = at(row / ROWS) + (long) b * layout.blockBytes();
            float scale = scale(block + layout.scalesAt(), lane);
            for (int half = 0; half < 2; half++) {
                float value = scale * part(layout.subScales(), block + layout.subScalesAt(), half, lane);
                int from = half * Blocks.HALF;
                for (int k = from; k < from + Blocks.HALF; k++) {
                    target[offset + b * BLOCK + k] = value * quant(block, k, lane);
                }
            }
            if (layout.hasMinima()) {
                subtractMinima(block, lane, target, offset + b * BLOCK);
            }
        }
    }

    private void subtractMinima(long block, int lane, float[] target, int offset) {
        float scale = scale(block + layout.minimaAt(), lane);
        for (int half = 0; half < 2; half++) {
            float minimum = scale * part(layout.minima(), block + layout.subMinimaAt(), half, lane);
            int from = offset + half * Blocks.HALF;
            for (int i = from; i < from + Blocks.HALF; i++) {
                target[i] -= minimum;
            }
        }
    }

    /** d or dmin of a row. */
    float scale(long at, int lane) {
        return layout.wideScales()
                ? memory.get(FLOAT, at + (long) lane * Float.BYTES)
                : Float.float16ToFloat(memory.get(SHORT, at + (long) lane * Short.BYTES));
    }

    /** s or m of a row's half block. */
    int part(Parts parts, long at, int half, int lane) {
        return switch (parts) {
            case NONE -> 1;
            case BLOCK -> memory.get(ValueLayout.JAVA_BYTE, at + lane);
            case HALF -> memory.get(ValueLayout.JAVA_BYTE, at + (long) half * ROWS + lane);
        };
    }

    /** q of an element. */
    int quant(long block, int k, int lane) {
        return switch (layout.quants()) {
            case NIBBLES -> nibble(block, k, lane) + layout.base();
            case BYTES -> memory.get(ValueLayout.JAVA_BYTE, block + (long) k * ROWS + lane);
        };
    }

    private int nibble(long block, int k, int lane) {
        int word = memory.get(SHORT, block + ((long) k / 4 * ROWS + lane) * Short.BYTES);
        return (word >> (k % 4 * 4)) & 15;
    }

    @Override
    public int rowGroup() {
        return ROWS;
    }
}
