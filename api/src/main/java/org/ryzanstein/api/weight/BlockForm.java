package org.ryzanstein.api.weight;

/**
 * What the blocks of a matrix have in common, so that a backend can choose a layout and a kernel for them.
 *
 * @param lowest least quant that may occur
 * @param highest greatest quant that may occur
 * @param subScales where integer sub-scales stand; with NONE all are 1
 * @param minima where integer sub-minima stand; with NONE the weights have no minima
 */
public record BlockForm(int lowest, int highest, Parts subScales, Parts minima) {
    /** The part of a block for which there is a number. */
    public enum Parts {
        /** There is none. */
        NONE,
        /** One for a block: both halves have the same. */
        BLOCK,
        /** One for each half. */
        HALF
    }

    public BlockForm {
        if (lowest > highest || lowest < Byte.MIN_VALUE || highest > Byte.MAX_VALUE) {
            throw new IllegalArgumentException("quants " + lowest + " .. " + highest + ", expected a range of int8");
        }
    }

    /** Whether something is subtracted. */
    public boolean hasMinima() {
        return minima != Parts.NONE;
    }
}
