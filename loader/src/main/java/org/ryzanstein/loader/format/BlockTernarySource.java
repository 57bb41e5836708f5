package org.ryzanstein.loader.format;

import java.lang.foreign.MemorySegment;

/**
 * TQ1_0 and TQ2_0 of llama.cpp: blocks of 256 elements of one row, a float16 scale at the end of each. A tensor is ternary
 * with one scale, so all scales but zeros must be the same; in a block of scale zero every digit counts as zero.
 */
final class BlockTernarySource extends TernarySource {
    private static final int BLOCK = 256;
    private static final int SCALE_BYTES = 2;
    private static final int SIGN = 0x8000;
    /** TQ1_0: bytes of five digits in groups of 32 and of 16 bytes, then bytes of four digits. */
    private static final int TQ1_WIDE = 32;

    private static final int TQ1_NARROW = 16;
    private static final int TQ1_LAST = 4;
    private static final int TQ2_GROUP = 32;
    private static final long[] DIGITS = digitTable();

    private final TensorType type;

    BlockTernarySource(String file, TensorInfo tensor, int rows, int columns) {
        super(file, tensor, rows, columns, commonScale(file, tensor));
        this.type = tensor.type();
    }

    private static float commonScale(String file, TensorInfo tensor) {
        MemorySegment data = tensor.data();
        int blockBytes = tensor.type().blockBytes();
        int common = 0;
        long commonBlock = 0;
        for (long at = (long) blockBytes - SCALE_BYTES; at < data.byteSize(); at += blockBytes) {
            int bits = data.get(LittleEndian.SHORT, at) & 0xFFFF;
            if (bits == common || (bits & ~SIGN) == 0) {
                continue;
            }
            if (common != 0) {
                throw ModelFormatException.of(
                        file,
                        tensor.name() + " block " + at / blockBytes,
                        "scale " + Float.float16ToFloat((short) bits),
                        Float.float16ToFloat((short) common) + " as in block " + commonBlock
                                + ": a ternary tensor has one scale; requantise the model");
            }
            common = bits;
            commonBlock = at / blockBytes;
        }
        return Float.float16ToFloat((short) common);
    }

    @Override
    void decode(int row, byte[] destination, int offset) {
        int blocks = columns() / BLOCK;
        int blockBytes = type.blockBytes();
        int rowBytes = blocks * blockBytes;
        byte[] packed = RowFormat.bytes(tensor().data(), (long) row * rowBytes, rowBytes);
        boolean ones = type == TensorType.TQ1_0;
        for (int block = 0; block < blocks; block++) {
            int from = block * blockBytes;
            int to = offset + block * BLOCK;
            int scaleAt = from + blockBytes - SCALE_BYTES;
            if (packed[scaleAt] == 0 && (packed[scaleAt + 1] & 0x7F) == 0) {
                java.util.Arrays.fill(destination, to, to + BLOCK, (byte) 0);
            } else if (ones) {
                decodeBase3(packed, from, destination, to);
            } else if (decodeTwoBits(packed, from, destination, to)) {
                throw refusal(row, "the encoded value 3", "0, 1 or 2");
            }
        }
    }

    /** One block: groups of bytes, whose n-th digits follow each other. */
    private static void decodeBase3(byte[] packed, int from, byte[] destination, int to) {
        decodeFives(packed, from, TQ1_WIDE, destination, to);
        decodeFives(packed, from + TQ1_WIDE, TQ1_NARROW, destination, to + 5 * TQ1_WIDE);
        int source = from + TQ1_WIDE + TQ1_NARROW;
        int target = to + 5 * (TQ1_WIDE + TQ1_NARROW);
        for (int i = 0; i < TQ1_LAST; i++) {
            long digits = DIGITS[packed[source + i] & 0xFF];
            destination[target + i] = (byte) digits;
            destination[target + TQ1_LAST + i] = (byte) (digits >> 8);
            destination[target + 2 * TQ1_LAST + i] = (byte) (digits >> 16);
            destination[target + 3 * TQ1_LAST + i] = (byte) (digits >> 24);
        }
    }

    private static void decodeFives(byte[] packed, int from, int count, byte[] destination, int to) {
        for (int i = 0; i < count; i++) {
            long digits = DIGITS[packed[from + i] & 0xFF];
            destination[to + i] = (byte) digits;
            destination[to + count + i] = (byte) (digits >> 8);
            destination[to + 2 * count + i] = (byte) (digits >> 16);
            destination[to + 3 * count + i] = (byte) (digits >> 24);
            destination[to + 4 * count + i] = (byte) (digits >> 32);
        }
    }

    /**
     * The five digits of every byte, the first in the low 8 bits. A byte is 256 times a fraction, rounded up, and the
     * fraction's base-3 places are the digits + 1.
     */
    private static long[] digitTable() {
        long[] table = new long[256];
        for (int value = 0; value < table.length; value++) {
            int fraction = value;
            for (int place = 0; place < 5; place++) {
                int digit = ((fraction * 3) >> 8) - 1;
                table[value] |= (digit & 0xFFL) << (8 * place);
                fraction = (fraction * 3) & 0xFF;
            }
        }
        return table;
    }

    /** Returns whether a value is 3, which stands for no digit. */
    private static boolean decodeTwoBits(byte[] packed, int from, byte[] destination, int to) {
        long threes = 0;
        for (int group = 0; group < 2; group++) {
            int source = from + group * TQ2_GROUP;
            int target = to + group * 4 * TQ2_GROUP;
            for (int i = 0; i < TQ2_GROUP; i += Long.BYTES) {
                long bits = TwoBits.load(packed, source + i);
                TwoBits.store(bits, destination, target + i);
                TwoBits.store(bits >>> 2, destination, target + TQ2_GROUP + i);
                TwoBits.store(bits >>> 4, destination, target + 2 * TQ2_GROUP + i);
                TwoBits.store(bits >>> 6, destination, target + 3 * TQ2_GROUP + i);
                threes |= TwoBits.threes(bits);
            }
        }
        return threes != 0;
    }
}
