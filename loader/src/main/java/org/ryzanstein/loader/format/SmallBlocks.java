package org.ryzanstein.loader.format;

import org.ryzanstein.api.weight.BlockRow;

/**
 * ggml's types in blocks of 32. All begin with a float16 scale (MXFP4: an exponent); where nibbles follow, the low ones are
 * the first half of the block and the high ones the second.
 */
final class SmallBlocks {
    /** The 16 values of the non-linear 4-bit types: near the quantiles of a normal distribution. */
    private static final byte[] NON_LINEAR = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    /** The values of a 4-bit float with 2 bits of exponent and 1 of mantissa, doubled; the top bit is the sign. */
    private static final byte[] FLOAT4 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    private static final int HALF = 16;

    private SmallBlocks() {}

    /** Scale, 32 int8. */
    static void decodeQ8(byte[] packed, int from, BlockRow row, int block) {
        row.scales()[block] = LittleEndian.half(packed, from);
        System.arraycopy(packed, from + 2, row.quants(), block * BlockSource.BLOCK, BlockSource.BLOCK);
    }

    /** Scale, nibbles; q = nibble - 8. */
    static void decodeQ4(byte[] packed, int from, BlockRow row, int block) {
        row.scales()[block] = LittleEndian.half(packed, from);
        nibbles(packed, from + 2, row.quants(), block, -8);
    }

    /** Scale, minimum (which is added), nibbles. */
    static void decodeQ4WithMinimum(byte[] packed, int from, BlockRow row, int block) {
        row.scales()[block] = LittleEndian.half(packed, from);
        row.minima()[block] = -LittleEndian.half(packed, from + 2);
        nibbles(packed, from + 4, row.quants(), block, 0);
    }

    /** Scale, 32 high bits, nibbles; q = 5 bits - 16. */
    static void decodeQ5(byte[] packed, int from, BlockRow row, int block) {
        row.scales()[block] = LittleEndian.half(packed, from);
        nibbles(packed, from + 6, row.quants(), block, -16);
        highBits(LittleEndian.integer(packed, from + 2), row.quants(), block);
    }

    /** Scale, minimum (which is added), 32 high bits, nibbles. */
    static void decodeQ5WithMinimum(byte[] packed, int from, BlockRow row, int block) {
        row.scales()[block] = LittleEndian.half(packed, from);
        row.minima()[block] = -LittleEndian.half(packed, from + 2);
        nibbles(packed, from + 8, row.quants(), block, 0);
        highBits(LittleEndian.integer(packed, from + 4), row.quants(), block);
    }

    /** Scale, nibbles that choose among the non-linear values. */
    static void decodeNonLinear(byte[] packed, int from, BlockRow row, int block) {
        row.scales()[block] = LittleEndian.half(packed, from);
        nonLinear(packed, from + 2, row.quants(), block);
    }

    /** The non-linear values of one block of nibbles. */
    static void nonLinear(byte[] packed, int from, byte[] quants, int block) {
        chosen(NON_LINEAR, packed, from, quants, block);
    }

    /**
     * An exponent e, nibbles that choose among 4-bit floats (OCP Microscaling Formats, MXFP4). As the floats are doubled, the
     * scale is 2^(e - 128); 255 stands for no number.
     */
    static void decodeMicroscaling(byte[] packed, int from, BlockRow row, int block) {
        row.scales()[block] = halfPowerOfTwo(packed[from] & 0xFF);
        chosen(FLOAT4, packed, from + 1, row.quants(), block);
    }

    private static float halfPowerOfTwo(int exponent) {
        return switch (exponent) {
            case 0 -> 0x1p-128f;
            case 1 -> 0x1p-127f;
            case 255 -> Float.NaN;
            default -> Float.intBitsToFloat((exponent - 1) << 23);
        };
    }

    private static void nibbles(byte[] packed, int from, byte[] quants, int block, int bias) {
        int to = block * BlockSource.BLOCK;
        for (int i = 0; i < HALF; i++) {
            int both = packed[from + i];
            quants[to + i] = (byte) ((both & 0xF) + bias);
            quants[to + HALF + i] = (byte) (((both >> 4) & 0xF) + bias);
        }
    }

    private static void highBits(int bits, byte[] quants, int block) {
        int to = block * BlockSource.BLOCK;
        for (int i = 0; i < BlockSource.BLOCK; i++) {
            quants[to + i] += (byte) (((bits >>> i) & 1) << 4);
        }
    }

    private static void chosen(byte[] table, byte[] packed, int from, byte[] quants, int block) {
        int to = block * BlockSource.BLOCK;
        for (int i = 0; i < HALF; i++) {
            int both = packed[from + i];
            quants[to + i] = table[both & 0xF];
            quants[to + HALF + i] = table[(both >> 4) & 0xF];
        }
    }
}
