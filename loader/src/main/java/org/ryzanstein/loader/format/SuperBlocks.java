package org.ryzanstein.loader.format;

import java.util.Arrays;
import org.ryzanstein.api.weight.BlockRow;

/**
 * ggml's types in super-blocks of 256, read as eight blocks of 32. A float16 scale is that of the whole super-block; each
 * block, or each half of it, has an integer sub-scale. Where packed bytes hold several elements, these are 32 apart: bits of
 * one place belong to one block.
 */
final class SuperBlocks {
    private static final int BLOCK = BlockSource.BLOCK;
    /** Blocks of a super-block. */
    private static final int BLOCKS = 8;

    private SuperBlocks() {}

    /**
     * Q2_K: 16 bytes of sub-scale (low nibble) and sub-minimum (high nibble) for each half block, 64 bytes of 2-bit quants,
     * scale, minimum.
     */
    static void decodeQ2(byte[] packed, int from, BlockRow row, int block) {
        setScales(row.scales(), block, LittleEndian.half(packed, from + 80));
        setScales(row.minima(), block, LittleEndian.half(packed, from + 82));
        for (int half = 0; half < 2 * BLOCKS; half++) {
            int both = packed[from + half];
            row.subScales()[2 * block + half] = (byte) (both & 0xF);
            row.subMinima()[2 * block + half] = (byte) ((both >> 4) & 0xF);
        }
        for (int k = 0; k < BLOCKS; k++) {
            twoBits(packed, from + 16, k, row.quants(), (block + k) * BLOCK);
        }
    }

    /**
     * Q3_K: 32 bytes of high bits (bit k for block k), 64 bytes of 2-bit low parts, 12 bytes of 6-bit sub-scales, scale. q = 3
     * bits - 4, sub-scale = 6 bits - 32.
     */
    static void decodeQ3(byte[] packed, int from, BlockRow row, int block) {
        setScales(row.scales(), block, LittleEndian.half(packed, from + 108));
        int scalesAt = from + 96;
        for (int half = 0; half < 2 * BLOCKS; half++) {
            int low = half < 8 ? packed[scalesAt + half] : packed[scalesAt + half - 8] >> 4;
            int high = packed[scalesAt + 8 + half % 4] >> (2 * (half / 4));
            row.subScales()[2 * block + half] = (byte) (((low & 0xF) | (high & 3) << 4) - 32);
        }
        byte[] quants = row.quants();
        for (int k = 0; k < BLOCKS; k++) {
            int to = (block + k) * BLOCK;
            twoBits(packed, from + 32, k, quants, to);
            for (int i = 0; i < BLOCK; i++) {
                quants[to + i] += (byte) ((((packed[from + i] >> k) & 1) << 2) - 4);
            }
        }
    }

    /** Q4_K: scale, minimum, 12 bytes of 6-bit sub-scales and sub-minima, 128 bytes of nibbles. */
    static void decodeQ4(byte[] packed, int from, BlockRow row, int block) {
        scalesAndMinima(packed, from, row, block);
        for (int k = 0; k < BLOCKS; k++) {
            fourBits(packed, from + 16, k, row.quants(), (block + k) * BLOCK);
        }
    }

    /** Q5_K: as Q4_K, with 32 bytes of high bits (bit k for block k) before the nibbles. */
    static void decodeQ5(byte[] packed, int from, BlockRow row, int block) {
        scalesAndMinima(packed, from, row, block);
        byte[] quants = row.quants();
        for (int k = 0; k < BLOCKS; k++) {
            int to = (block + k) * BLOCK;
            fourBits(packed, from + 48, k, quants, to);
            for (int i = 0; i < BLOCK; i++) {
                quants[to + i] += (byte) (((packed[from + 16 + i] >> k) & 1) << 4);
            }
        }
    }

    /**
     * Q6_K: 128 bytes of low nibbles, 64 bytes of 2-bit high parts, 16 int8 sub-scales, scale. q = 6 bits - 32. In each half
     * of the super-block the low nibbles of 64 bytes are its first two blocks, the high ones the other two.
     */
    static void decodeQ6(byte[] packed, int from, BlockRow row, int block) {
        setScales(row.scales(), block, LittleEndian.half(packed, from + 208));
        System.arraycopy(packed, from + 192, row.subScales(), 2 * block, 2 * BLOCKS);
        byte[] quants = row.quants();
        for (int k = 0; k < BLOCKS; k++) {
            int lowAt = from + 64 * (k / 4) + 32 * (k % 2);
            int lowShift = k % 4 < 2 ? 0 : 4;
            int highAt = from + 128 + 32 * (k / 4);
            int highShift = 2 * (k % 4);
            int to = (block + k) * BLOCK;
            for (int i = 0; i < BLOCK; i++) {
                int low = (packed[lowAt + i] >> lowShift) & 0xF;
                int high = (packed[highAt + i] >> highShift) & 3;
                quants[to + i] = (byte) ((low | high << 4) - 32);
            }
        }
    }

    /**
     * IQ4_XS: scale, 16 bits of 2-bit high parts and 4 bytes of low nibbles of the sub-scales, 16 bytes of non-linear values a
     * block. Sub-scale = 6 bits - 32.
     */
    static void decodeNonLinear(byte[] packed, int from, BlockRow row, int block) {
        setScales(row.scales(), block, LittleEndian.half(packed, from));
        int highs = (packed[from + 2] & 0xFF) | (packed[from + 3] & 0xFF) << 8;
        for (int k = 0; k < BLOCKS; k++) {
            int low = (packed[from + 4 + k / 2] >> (4 * (k % 2))) & 0xF;
            int high = (highs >> (2 * k)) & 3;
            setBoth(row.subScales(), block + k, (low | high << 4) - 32);
            SmallBlocks.nonLinear(packed, from + 8 + 16 * k, row.quants(), block + k);
        }
    }

    /**
     * The beginning of Q4_K and Q5_K. Bytes 0 .. 3 hold in their low 6 bits the sub-scales 0 .. 3, bytes 4 .. 7 the
     * sub-minima; the sub-scales 4 .. 7 are the low nibbles of bytes 8 .. 11 below the top bits of bytes 0 .. 3, the
     * sub-minima the high nibbles below the top bits of bytes 4 .. 7.
     */
    private static void scalesAndMinima(byte[] packed, int from, BlockRow row, int block) {
        setScales(row.scales(), block, LittleEndian.half(packed, from));
        setScales(row.minima(), block, LittleEndian.half(packed, from + 2));
        int at = from + 4;
        for (int k = 0; k < 4; k++) {
            int scale = packed[at + k] & 0xFF;
            int minimum = packed[at + 4 + k] & 0xFF;
            int nibbles = packed[at + 8 + k] & 0xFF;
            setBoth(row.subScales(), block + k, scale & 63);
            setBoth(row.subMinima(), block + k, minimum & 63);
            setBoth(row.subScales(), block + 4 + k, (nibbles & 0xF) | (scale >> 6) << 4);
            setBoth(row.subMinima(), block + 4 + k, (nibbles >> 4) | (minimum >> 6) << 4);
        }
    }

    private static void setScales(float[] scales, int block, float scale) {
        Arrays.fill(scales, block, block + BLOCKS, scale);
    }

    private static void setBoth(byte[] halves, int block, int value) {
        halves[2 * block] = (byte) value;
        halves[2 * block + 1] = (byte) value;
    }

    /** Block k of 2-bit elements: 32 bytes hold four blocks. */
    private static void twoBits(byte[] packed, int at, int k, byte[] quants, int to) {
        int from = at + 32 * (k / 4);
        int shift = 2 * (k % 4);
        for (int i = 0; i < BLOCK; i++) {
            quants[to + i] = (byte) ((packed[from + i] >> shift) & 3);
        }
    }

    /** Block k of nibbles: 32 bytes hold two blocks. */
    private static void fourBits(byte[] packed, int at, int k, byte[] quants, int to) {
        int from = at + 32 * (k / 2);
        int shift = 4 * (k % 2);
        for (int i = 0; i < BLOCK; i++) {
            quants[to + i] = (byte) ((packed[from + i] >> shift) & 0xF);
        }
    }
}
