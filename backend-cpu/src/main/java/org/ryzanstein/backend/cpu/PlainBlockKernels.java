package org.ryzanstein.backend.cpu;

import java.util.Arrays;
import org.ryzanstein.backend.cpu.BlockDigits.DigitForm;

/** {@link BlockKernels} in plain loops over the rows of a group, which a compiler can turn into vectors. */
public final class PlainBlockKernels implements BlockKernels {
    private static final int ROWS = BlockLayout.ROWS;
    private static final int BLOCK = BlockDigits.BLOCK;

    public PlainBlockKernels() {}

    @Override
    public DigitForm formOfFew(BlockLayout layout) {
        return DigitForm.FLOAT;
    }

    @Override
    public DigitForm formOfTiles(BlockLayout layout) {
        return DigitForm.FLOAT;
    }

    @Override
    public void multiplyFew(BlockMatrix weights, int group, BlockDigits in, int rows, BlockScratch scratch) {
        multiply(weights, group, in, rows, 1, scratch);
    }

    @Override
    public void multiplyTiles(BlockMatrix weights, int group, BlockDigits in, int tiles, BlockScratch scratch) {
        multiply(weights, group, in, tiles * BlockDigits.TILE, BlockDigits.TILE, scratch);
    }

    /** With tiles of so many rows. */
    private static void multiply(
            BlockMatrix weights, int group, BlockDigits in, int rows, int tile, BlockScratch scratch) {
        BlockLayout layout = weights.form();
        int columns = layout.blocks() * BLOCK;
        Arrays.fill(scratch.sums(), 0, rows * ROWS, 0f);
        Arrays.fill(scratch.minima(), 0, rows * ROWS, 0f);
        for (int b = 0; b < layout.blocks(); b++) {
            long block = weights.at(group) + (long) b * layout.blockBytes();
            readWeights(weights, block, scratch.weights());
            readNumbers(weights, block, scratch.numbers());
            for (int row = 0; row < rows; row++) {
                int first = tile == 1
                        ? row * columns + b * BLOCK
                        : BlockDigits.tileAt(b, row / tile, rows / tile) + row % tile;
                int at = tile == 1 ? row * layout.blocks() + b : b * rows + row;
                sum(scratch.weights(), in.values(), first, tile, scratch.products());
                addScaled(scratch.products(), 0, scratch.numbers(), in.factors()[at], scratch.sums(), row * ROWS);
                if (layout.hasMinima()) {
                    minima(scratch.numbers(), in.sums(), 2 * at, scratch.products());
                    addScaled(
                            scratch.products(),
                            ROWS,
                            scratch.numbers(),
                            in.factors()[at],
                            scratch.minima(),
                            row * ROWS);
                }
            }
        }
    }

    /** s * q of each element, an integer of at most 4,096, in (element, row) order. */
    public static void readWeights(BlockMatrix weights, long block, float[] out) {
        BlockLayout layout = weights.form();
        for (int k = 0; k < BLOCK; k++) {
            for (int lane = 0; lane < ROWS; lane++) {
                int s = weights.part(layout.subScales(), block + layout.subScalesAt(), k / (BLOCK / 2), lane);
                out[k * ROWS + lane] = s * weights.quant(block, k, lane);
            }
        }
    }

    /** Of each row d, dmin, m of the first half and of the second, each number of all rows together. */
    public static void readNumbers(BlockMatrix weights, long block, float[] out) {
        BlockLayout layout = weights.form();
        for (int lane = 0; lane < ROWS; lane++) {
            out[lane] = weights.scale(block + layout.scalesAt(), lane);
            if (layout.hasMinima()) {
                out[ROWS + lane] = weights.scale(block + layout.minimaAt(), lane);
                out[2 * ROWS + lane] = weights.part(layout.minima(), block + layout.subMinimaAt(), 0, lane);
                out[3 * ROWS + lane] = weights.part(layout.minima(), block + layout.subMinimaAt(), 1, lane);
            }
        }
    }

    /** I_b of each row: all partial sums are integers below 2^24. */
    private static void sum(float[] weights, int[] digits, int first, int step, float[] out) {
        Arrays.fill(out, 0, ROWS, 0f);
        for (int k = 0; k < BLOCK; k++) {
            float digit = Float.intBitsToFloat(digits[first + k * step]);
            for (int lane = 0; lane < ROWS; lane++) {
                out[lane] += digit * weights[k * ROWS + lane];
            }
        }
    }

    /** J_b of each row. */
    private static void minima(float[] numbers, int[] sums, int at, float[] out) {
        float first = sums[at];
        float second = sums[at + 1];
        for (int lane = 0; lane < ROWS; lane++) {
            out[lane] = numbers[2 * ROWS + lane] * first + numbers[3 * ROWS + lane] * second;
        }
    }

    /** acc = fma(integer, scale * factor, acc). */
    private static void addScaled(float[] integers, int scales, float[] numbers, float factor, float[] sums, int at) {
        for (int lane = 0; lane < ROWS; lane++) {
            sums[at + lane] = Math.fma(integers[lane], numbers[scales + lane] * factor, sums[at + lane]);
        }
    }
}
