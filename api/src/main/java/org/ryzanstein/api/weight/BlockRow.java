package org.ryzanstein.api.weight;

import java.util.Arrays;
import java.util.Objects;
import org.ryzanstein.api.weight.WeightSource.Blocks;

/**
 * One row of a block-quantised matrix, filled by {@link Blocks#readBlocks} and used again for the next one. Its arrays may be
 * written to; they never change their length.
 */
public final class BlockRow {
    private final BlockForm form;
    private final byte[] quants;
    private final byte[] subScales;
    private final float[] scales;
    private final byte[] subMinima;
    private final float[] minima;

    /**
     * A row with all sub-scales and sub-minima 1, the other numbers 0.
     *
     * @throws IllegalArgumentException if the columns are no whole blocks
     */
    public BlockRow(int columns, BlockForm form) {
        if (columns < 1 || columns % Blocks.BLOCK != 0) {
            throw new IllegalArgumentException(columns + " columns, expected a multiple of " + Blocks.BLOCK);
        }
        int blocks = columns / Blocks.BLOCK;
        this.form = form;
        this.quants = new byte[columns];
        this.subScales = new byte[2 * blocks];
        this.scales = new float[blocks];
        this.subMinima = new byte[form.hasMinima() ? 2 * blocks : 0];
        this.minima = new float[form.hasMinima() ? blocks : 0];
        Arrays.fill(subScales, (byte) 1);
        Arrays.fill(subMinima, (byte) 1);
    }

    public BlockForm form() {
        return form;
    }

    public int columns() {
        return quants.length;
    }

    public int blocks() {
        return scales.length;
    }

    /** q: one for each column. */
    public byte[] quants() {
        return quants;
    }

    /** s: two for each block. A form without sub-scales leaves them 1. */
    public byte[] subScales() {
        return subScales;
    }

    /** d: one for each block. */
    public float[] scales() {
        return scales;
    }

    /** m: two for each block; empty where the form has no minima. */
    public byte[] subMinima() {
        return subMinima;
    }

    /** dmin: one for each block; empty where the form has no minima. */
    public float[] minima() {
        return minima;
    }

    /** The weights of the row in {@code destination[offset .. offset + columns())}. */
    public void decode(float[] destination, int offset) {
        Objects.checkFromIndexSize(offset, quants.length, destination.length);
        for (int half = 0; half < subScales.length; half++) {
            float scale = scales[half / 2] * subScales[half];
            int from = half * Blocks.HALF;
            for (int i = from; i < from + Blocks.HALF; i++) {
                destination[offset + i] = scale * quants[i];
            }
        }
        if (form.hasMinima()) {
            subtractMinima(destination, offset);
        }
    }

    private void subtractMinima(float[] destination, int offset) {
        for (int half = 0; half < subMinima.length; half++) {
            float minimum = minima[half / 2] * subMinima[half];
            int from = offset + half * Blocks.HALF;
            for (int i = from; i < from + Blocks.HALF; i++) {
                destination[i] -= minimum;
            }
        }
    }
}
