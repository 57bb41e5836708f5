package org.ryzanstein.backend.cpu;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Locale;
import org.ryzanstein.api.weight.BlockForm;
import org.ryzanstein.api.weight.BlockForm.Parts;
import org.ryzanstein.api.weight.WeightSource.Blocks;

/**
 * How {@link BlockMatrix} stores block-quantised weights: groups of {@value #ROWS} rows, in which the same element of
 * neighbouring rows is contiguous, so that vector lanes are rows and no sum is taken across lanes.
 *
 * <p>A group holds its blocks one after the other, each {@link #blockBytes} long and a whole number of cache lines:
 *
 * <ol>
 *   <li>quants as {@link Quants} says, for all rows of the group;
 *   <li>d of each row, as float16 if all of the matrix fit that, else float32;
 *   <li>s of each row, an int8: none, or for the block, or for the first half and then for the second;
 *   <li>with minima, dmin of each row in the format of d, and m like s.
 * </ol>
 *
 * @param quants how quants are stored
 * @param base what a stored quant of zero stands for: 0 where they are stored as they are
 * @param subScales the parts that have a sub-scale
 * @param minima the parts that have a sub-minimum
 * @param wideScales whether d and dmin are float32
 * @param blocks blocks of a row
 */
public record BlockLayout(Quants quants, int base, Parts subScales, Parts minima, boolean wideScales, int blocks) {
    /** Rows of a group. */
    public static final int ROWS = 32;

    /** A float32 scale. */
    public static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** How the quants of a block of {@value #ROWS} rows are stored, little-endian. */
    public enum Quants {
        /** Four bits each: 8 words of 16 bits a row, word j in (j, row) order: element 4j + i in bits 4i .. 4i + 3. */
        NIBBLES(512),
        /** An int8 each, in (element, row) order; those of five and six bits too, which are slower to take apart than to read. */
        BYTES(1024);

        private final int bytes;

        Quants(int bytes) {
            this.bytes = bytes;
        }

        /** Bytes of one block of a group. */
        public int bytes() {
            return bytes;
        }
    }

    static BlockLayout of(BlockForm form, int columns, boolean wideScales) {
        int range = form.highest() - form.lowest();
        Quants quants = range < 16 ? Quants.NIBBLES : Quants.BYTES;
        int base = quants == Quants.BYTES ? 0 : form.lowest();
        return new BlockLayout(quants, base, form.subScales(), form.minima(), wideScales, columns / Blocks.BLOCK);
    }

    /** Whether something is subtracted. */
    public boolean hasMinima() {
        return minima != Parts.NONE;
    }

    /** Bytes of d, or of dmin, of a block of a group. */
    private int scaleBytes() {
        return ROWS * (wideScales ? Float.BYTES : Short.BYTES);
    }

    private static int partBytes(Parts parts) {
        return switch (parts) {
            case NONE -> 0;
            case BLOCK -> ROWS;
            case HALF -> 2 * ROWS;
        };
    }

    /** From a block's start to its d. */
    public int scalesAt() {
        return quants.bytes();
    }

    /** From a block's start to its s. */
    public int subScalesAt() {
        return scalesAt() + scaleBytes();
    }

    /** From a block's start to its dmin. */
    public int minimaAt() {
        return subScalesAt() + partBytes(subScales);
    }

    /** From a block's start to its m. */
    public int subMinimaAt() {
        return minimaAt() + (hasMinima() ? scaleBytes() : 0);
    }

    /** Bytes of a block of a group. */
    public int blockBytes() {
        int end = subMinimaAt() + partBytes(minima);
        return Math.ceilDiv(end, WeightMemory.ALIGNMENT) * WeightMemory.ALIGNMENT;
    }

    /** Bytes of a group. */
    public long groupBytes() {
        return (long) blocks * blockBytes();
    }

    @Override
    public String toString() {
        return quants.name().toLowerCase(Locale.ROOT).replace('_', ' ') + " in blocks of " + Blocks.BLOCK
                + (subScales == Parts.NONE ? "" : " with sub-scales")
                + (hasMinima() ? " with minima" : "")
                + (wideScales ? ", float32 scales" : ", float16 scales")
                + ", groups of " + ROWS + " rows";
    }
}
