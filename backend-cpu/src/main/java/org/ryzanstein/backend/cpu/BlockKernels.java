package org.ryzanstein.backend.cpu;

import org.ryzanstein.backend.cpu.BlockDigits.DigitForm;

/**
 * Products of a group of block-quantised rows ({@link BlockLayout}) with activations quantised in the same blocks, as
 * {@link org.ryzanstein.api.kernel.StepRecorder#linear} states. For each row of weights and of activations, in rising b from +0:
 * acc = fma(float(I_b), d * da, acc), and with minima acc2 = fma(float(J_b), dmin * da, acc2). The caller subtracts.
 */
public interface BlockKernels {
    /** How digits are to be stored for {@link #multiplyFew}. */
    DigitForm formOfFew(BlockLayout layout);

    /** How digits are to be stored for {@link #multiplyTiles}. */
    DigitForm formOfTiles(BlockLayout layout);

    /**
     * Multiplies a group with up to {@link BlockDigits#FEW} rows of activations that are stored one after the other.
     *
     * @param scratch receives acc and acc2 in {@code sums} and {@code minima}, shape (rows, {@link BlockLayout#ROWS})
     */
    void multiplyFew(BlockMatrix weights, int group, BlockDigits in, int rows, BlockScratch scratch);

    /**
     * Multiplies a group with tiles of activations.
     *
     * @param tiles tiles of {@link BlockDigits#TILE} rows
     * @param scratch receives acc and acc2, shape (tiles * TILE, {@link BlockLayout#ROWS})
     */
    void multiplyTiles(BlockMatrix weights, int group, BlockDigits in, int tiles, BlockScratch scratch);
}
