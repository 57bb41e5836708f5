package org.ryzanstein.loader.format;

/**
 * I2_S, the type of the published BitNet files: a block of 128 elements takes 32 bytes, byte i of which holds elements i,
 * 32 + i, 64 + i and 96 + i from its high bits to its low ones, as digit + 1. Blocks run over the whole tensor, so that a
 * row may begin inside one. The scale is the float32 after the last block.
 */
final class I2sSource extends TernarySource {
    private static final int BLOCK = 128;
    private static final int PLANE = 32;

    I2sSource(String file, TensorInfo tensor, int rows, int columns) {
        super(
                file,
                tensor,
                rows,
                columns,
                tensor.data().get(LittleEndian.FLOAT, tensor.bytes() - TensorType.I2_S_TAIL));
    }

    @Override
    void decode(int row, byte[] destination, int offset) {
        int count = columns();
        long first = (long) row * count;
        long firstBlock = first / BLOCK;
        int blocks = Math.toIntExact((first + count - 1) / BLOCK - firstBlock + 1);
        byte[] packed = RowFormat.bytes(tensor().data(), firstBlock * PLANE, blocks * PLANE);
        int skip = (int) (first % BLOCK);
        if (skip == 0 && count % BLOCK == 0) {
            if (decodeBlocks(packed, blocks, destination, offset)) {
                throw invalid(row);
            }
            return;
        }
        byte[] whole = new byte[blocks * BLOCK];
        decodeBlocks(packed, blocks, whole, 0);
        System.arraycopy(whole, skip, destination, offset, count);
        for (int i = 0; i < count; i++) {
            if (destination[offset + i] > 1) {
                throw invalid(row);
            }
        }
    }

    private ModelFormatException invalid(int row) {
        return refusal(row, "the encoded value 3", "0, 1 or 2");
    }

    /** Returns whether a value is 3, which stands for no digit. */
    private static boolean decodeBlocks(byte[] packed, int blocks, byte[] destination, int offset) {
        long threes = 0;
        for (int block = 0; block < blocks; block++) {
            int from = block * PLANE;
            int to = offset + block * BLOCK;
            for (int i = 0; i < PLANE; i += Long.BYTES) {
                long bits = TwoBits.load(packed, from + i);
                TwoBits.store(bits >>> 6, destination, to + i);
                TwoBits.store(bits >>> 4, destination, to + PLANE + i);
                TwoBits.store(bits >>> 2, destination, to + 2 * PLANE + i);
                TwoBits.store(bits, destination, to + 3 * PLANE + i);
                threes |= TwoBits.threes(bits);
            }
        }
        return threes != 0;
    }
}
