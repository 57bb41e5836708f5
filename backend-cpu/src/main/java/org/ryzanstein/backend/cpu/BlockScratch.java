package org.ryzanstein.backend.cpu;

/** What one thread needs to multiply {@link BlockMatrix}: sums, and room of the kernels for a block. */
public final class BlockScratch {
    private static final int ROWS = BlockLayout.ROWS;

    /** So many blocks, or rows of a tile, have room in {@link #products} at a time. */
    public static final int PRODUCTS = 16;

    private float[] sums = new float[BlockDigits.FEW * ROWS];
    private float[] minima = sums.clone();
    private final float[] weights = new float[ROWS * BlockDigits.BLOCK];
    private final short[] shortWeights = new short[weights.length];
    private final float[] products = new float[2 * ROWS * PRODUCTS];
    private final short[] shortProducts = new short[products.length];
    private final float[] numbers = new float[6 * ROWS];

    BlockScratch() {}

    /** Makes room for the sums of so many rows of activations; called while a step is recorded. */
    void reserve(int rows) {
        if (sums.length < rows * ROWS) {
            sums = new float[rows * ROWS];
            minima = new float[rows * ROWS];
        }
    }

    /** Sums of a group's rows, shape (rows of activations, {@link BlockLayout#ROWS}). */
    public float[] sums() {
        return sums;
    }

    /** The same of what is subtracted. */
    public float[] minima() {
        return minima;
    }

    /** Room for the quants of a block of a group. */
    public float[] weights() {
        return weights;
    }

    /** Room for the quants of a block of a group. */
    public short[] shortWeights() {
        return shortWeights;
    }

    /** Room for two integer sums for each row of weights, {@link #PRODUCTS} times. */
    public float[] products() {
        return products;
    }

    /** As {@link #products}. */
    public short[] shortProducts() {
        return shortProducts;
    }

    /** Room for six numbers of each row. */
    public float[] numbers() {
        return numbers;
    }
}
