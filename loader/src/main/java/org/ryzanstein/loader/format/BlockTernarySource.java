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
    /** What a byte of five digits is multiplied by, modulo 256, so that its n-th digit comes out on top. */
    private static final int[] POWERS = {1, 3, 9, 27, 81};

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

    private static void decodeBase3(byte[] packed, int from, byte[] destination, int to) {
        int at = to;
        for (int power : POWERS) {
            decodeDigit(packed, from, TQ1_WIDE, power, destination, at);
            at += TQ1_WIDE;
        }
        for (int power : POWERS) {
            decodeDigit(packed, from + TQ1_WIDE, TQ1_NARROW, power, destination, at);
            at += TQ1_NARROW;
        }
        for (int n = 0; n < 4; n++) {
            decodeDigit(packed, from + TQ1_WIDE + TQ1_NARROW, TQ1_LAST, POWERS[n], destination, at);
            at += TQ1_LAST;
        }
    }

    /** One digit of each of {@code count} bytes: a byte holds ceil(256 * fraction), whose base-3 places are the digits. */
    private static void decodeDigit(byte[] packed, int from, int count, int power, byte[] destination, int to) {
        for (int i = 0; i < count; i++) {
            int shifted = (packed[from + i] * power) & 0xFF;
            destination[to + i] = (byte) (((shifted * 3) >> 8) - 1);
        }
    }

    /** Returns whether a value is 3, which stands for no digit. */
    private static boolean decodeTwoBits(byte[] packed, int from, byte[] destination, int to) {
        int threes = 0;
        for (int group = 0; group < 2; group++) {
            int source = from + group * TQ2_GROUP;
            int target = to + group * 4 * TQ2_GROUP;
            for (int i = 0; i < TQ2_GROUP; i++) {
                int bits = packed[source + i];
                destination[target + i] = (byte) ((bits & 3) - 1);
                destination[target + TQ2_GROUP + i] = (byte) (((bits >> 2) & 3) - 1);
                destination[target + 2 * TQ2_GROUP + i] = (byte) (((bits >> 4) & 3) - 1);
                destination[target + 3 * TQ2_GROUP + i] = (byte) (((bits >> 6) & 3) - 1);
                threes |= bits & (bits >> 1) & 0x55;
            }
        }
        return threes != 0;
    }
}
