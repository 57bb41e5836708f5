package org.ryzanstein.backend.cpu;

import org.ryzanstein.api.weight.WeightSource.Blocks;

/**
 * Activations quantised to int8 in blocks of 32, each row with a factor for each block. At most {@value #FEW} rows are stored one
 * after the other, shape (row, block, element), factors and sums in (row, block) order; more than that in tiles of {@value #TILE} rows, shape (block, tile, element of the block, row of the tile), factors
 * and sums in (block, tile, row of the tile) order, so that a kernel that multiplies one block of weights with all rows reads them
 * in order. What rows beyond the last of the last
 * tile hold does not matter.
 */
public final class BlockDigits {
    /** Rows of a tile. */
    public static final int TILE = 6;
    /** So many rows are not worth a tile. */
    public static final int FEW = 3;

    /** Elements of a block. */
    public static final int BLOCK = Blocks.BLOCK;

    private static final int HALF = Blocks.HALF;
    /** A block whose largest magnitude is below this counts as zero: 127 / M must not overflow. */
    private static final float SMALLEST = 1e-30f;

    private static final int SIGNLESS = 0x7fffffff;
    private static final int INFINITE = 0x7f800000;
    /** 1.5 * 2^23. Adding it rounds to an integer, which then stands in the low bits. */
    private static final float MAGIC = 12582912f;

    private static final int MAGIC_BITS = 0x4B400000;

    /** What a digit is stored as. */
    public enum DigitForm {
        /** The bits of a float32. */
        FLOAT {
            @Override
            int encode(int digit) {
                return Float.floatToRawIntBits(digit);
            }

            @Override
            public int decode(int stored) {
                return (int) Float.intBitsToFloat(stored);
            }
        },
        /** Twice as an int16, so that it can be broadcast to 16-bit lanes as if they had 32 bits. */
        PAIR {
            @Override
            int encode(int digit) {
                return (digit & 0xffff) | (digit << Short.SIZE);
            }

            @Override
            public int decode(int stored) {
                return (short) stored;
            }
        };

        abstract int encode(int digit);

        /** The digit. */
        public abstract int decode(int stored);
    }

    private int[] values = {};
    private float[] factors = {};
    private int[] sums = {};

    BlockDigits() {}

    /** Makes room; called while a step is recorded. */
    void reserve(int rows, int columns) {
        int room = Math.ceilDiv(rows, TILE) * TILE;
        if (values.length < Math.multiplyExact(room, columns)) {
            values = new int[room * columns];
            factors = new float[room * (columns / BLOCK)];
            sums = new int[2 * factors.length];
        }
    }

    /**
     * Quantises a row of a buffer.
     *
     * @param rows rows of the step, of which this is one
     * @return false if the row holds a value that is not finite
     */
    boolean prepare(HostBuffer in, int row, int rows, DigitForm form) {
        boolean tiled = rows > FEW;
        int blocks = in.columns() / BLOCK;
        int step = tiled ? TILE : 1;
        int tiles = tiles(rows);
        int largest = 0;
        for (int block = 0; block < blocks; block++) {
            int source = in.row(row) + block * BLOCK;
            int max = largest(in.floats(), source);
            largest = Math.max(largest, max);
            int target = tiled ? tileAt(block, row / TILE, tiles) + row % TILE : row * in.columns() + block * BLOCK;
            prepareBlock(in.floats(), source, Float.intBitsToFloat(max), form, target, step);
            int at = tiled ? block * tiles * TILE + row : row * blocks + block;
            finishBlock(form, target, step, at, Float.intBitsToFloat(max));
        }
        return largest < INFINITE;
    }

    /** Tiles that so many rows take. */
    public static int tiles(int rows) {
        return Math.ceilDiv(rows, TILE);
    }

    /** Where a tile's part of a block begins. */
    public static int tileAt(int block, int tile, int tiles) {
        return (block * tiles + tile) * BLOCK * TILE;
    }

    /** Bits of the largest magnitude of a block: they order floats, infinity and what is no number above all others. */
    private static int largest(float[] x, int from) {
        int max = 0;
        for (int i = from; i < from + BLOCK; i++) {
            max = Math.max(max, Float.floatToRawIntBits(x[i]) & SIGNLESS);
        }
        return max;
    }

    private static boolean usable(float max) {
        return max >= SMALLEST && max <= Float.MAX_VALUE;
    }

    private void prepareBlock(float[] x, int from, float max, DigitForm form, int to, int step) {
        boolean usable = usable(max);
        float scale = usable ? 127f / max : 0f;
        for (int i = 0; i < BLOCK; i++) {
            int digit = usable ? Float.floatToRawIntBits(x[from + i] * scale + MAGIC) - MAGIC_BITS : 0;
            values[to + i * step] = form.encode(digit);
        }
    }

    private void finishBlock(DigitForm form, int from, int step, int block, float max) {
        factors[block] = usable(max) ? max / 127f : 0f;
        sums[2 * block] = sum(form, from, step);
        sums[2 * block + 1] = sum(form, from + HALF * step, step);
    }

    private int sum(DigitForm form, int from, int step) {
        int sum = 0;
        for (int i = 0; i < HALF; i++) {
            sum += form.decode(values[from + i * step]);
        }
        return sum;
    }

    /** The digits. */
    public int[] values() {
        return values;
    }

    /** What a digit of a block is worth. */
    public float[] factors() {
        return factors;
    }

    /** Sums of digits: two where there is one factor, one for each half. */
    public int[] sums() {
        return sums;
    }
}
