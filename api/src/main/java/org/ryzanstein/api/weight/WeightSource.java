package org.ryzanstein.api.weight;

/**
 * The canonical content of one weight matrix, shape (rows, columns), row-major: row r holds the weights of output r. A
 * vector is a matrix of one row.
 *
 * <p>A backend reads it row by row while it packs the matrix into its own layout; it never sees a file format. Reads of
 * different rows may run concurrently. Values are exact: a source decodes, it never rounds.
 */
public sealed interface WeightSource {
    /** The tensor's name in the model file, for messages; merged matrices join the names by {@code +}. */
    String name();

    int rows();

    int columns();

    /** Ternary weights: weight(r, c) = digit(r, c) * scale(r). */
    non-sealed interface Ternary extends WeightSource {
        /**
         * Reads the digits of one row.
         *
         * @param row row index
         * @param destination receives {@link #columns()} digits, each -1, 0 or 1
         * @param offset first index written in {@code destination}
         */
        void readDigits(int row, byte[] destination, int offset);

        /** The scale of a row. Rows that come from one tensor share it; merged matrices have one per range of rows. */
        float scale(int row);
    }

    /** Floating-point weights, decoded to float32 without rounding. */
    non-sealed interface Floats extends WeightSource {
        FloatFormat format();

        /** Reads one row into {@code destination[offset .. offset + columns())}. */
        void readFloats(int row, float[] destination, int offset);
    }

    /**
     * Weights quantised to 8 bits in blocks of {@value #BLOCK} along a row: weight(r, c) = q(r, c) * scale(r, c / 32). The
     * number of columns is a multiple of the block.
     */
    non-sealed interface Int8Blocks extends WeightSource {
        int BLOCK = 32;

        /**
         * Reads one row.
         *
         * @param quants receives {@link #columns()} values in [-128, 127]
         * @param scales receives {@code columns() / BLOCK} scales
         */
        void readBlocks(int row, byte[] quants, float[] scales);
    }

    /** The file's own floating-point format; every value of a source in it converts back without loss. */
    enum FloatFormat {
        FLOAT32,
        FLOAT16,
        BFLOAT16
    }
}
