package org.ryzanstein.api.weight;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

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

        /**
         * All rows as they are stored, one after the other without gaps: elements of {@link #format}, little-endian. They stay
         * readable until the backend that packs this source is closed, so that it need not copy what it seldom reads. This may
         * be a mapped file, whose pages come into memory as they are read, and change if somebody writes to the file.
         *
         * @return null if they are not stored so, or not for so long
         */
        default @Nullable MemorySegment stored() {
            return null;
        }
    }

    /**
     * Weights quantised in blocks of {@value #BLOCK} along a row, in one integer form for all block types. In block b of a
     * row, with i = c mod 32:
     *
     * <p>weight(r, c) = (d[b] * s[b][i / 16]) * q(c) - dmin[b] * m[b][i / 16]
     *
     * <p>where q, s and m are integers and d and dmin float32, each product and the difference rounded to float32; without
     * minima nothing is subtracted. This value is the one that embedding rows have, and the one that the file's type defines.
     * In a product the integers are summed first, see {@code StepRecorder.linear}.
     *
     * <p>Bounds, on which the exactness of that sum rests: q and s fit 8 bits, |s * q| is at most {@value #MAX_PRODUCT}, and m
     * is in 0 .. 127. Every d and dmin is finite. The number of columns is a multiple of the block.
     */
    non-sealed interface Blocks extends WeightSource {
        int BLOCK = 32;

        /** Half a block: the part of it that may have a sub-scale and a sub-minimum of its own. */
        int HALF = 16;

        /** Bound of |s * q|. With 8-bit activations a block's sum stays below 32 * 127 * 4096 = 16,646,144 &lt; 2^24. */
        int MAX_PRODUCT = 4096;

        /** What all rows have in common. */
        BlockForm form();

        /**
         * Reads one row.
         *
         * @param destination made for {@link #columns()} and {@link #form()}; every element that the form has is written
         */
        void readBlocks(int row, BlockRow destination);

        /** Decodes one row into {@code destination[offset .. offset + columns())}. */
        default void readFloats(int row, float[] destination, int offset) {
            BlockRow blocks = new BlockRow(columns(), form());
            readBlocks(row, blocks);
            blocks.decode(destination, offset);
        }
    }

    /** The file's own floating-point format; every value of a source in it converts back without loss. */
    enum FloatFormat {
        FLOAT32,
        FLOAT16,
        BFLOAT16
    }
}
