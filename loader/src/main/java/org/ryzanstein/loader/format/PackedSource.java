package org.ryzanstein.loader.format;

/**
 * Packed weights of the hub: uint8 of shape (ceil(rows / 4), columns). Packed row p holds, from its low bits to its high
 * ones, rows p, P + p, 2P + p and 3P + p, where P is the number of packed rows, as digit + 1 (pack_weights in
 * Transformers' integrations/bitnet.py).
 */
final class PackedSource extends TernarySource {
    private final int packedRows;

    PackedSource(String file, TensorInfo tensor, int rows, int columns, float scale) {
        super(file, tensor, rows, columns, scale);
        this.packedRows = packedRows(rows);
    }

    static int packedRows(int rows) {
        return Math.ceilDiv(rows, 4);
    }

    @Override
    void decode(int row, byte[] destination, int offset) {
        int count = columns();
        int shift = row / packedRows * 2;
        byte[] packed = RowFormat.bytes(tensor().data(), (long) (row % packedRows) * count, count);
        int threes = 0;
        for (int i = 0; i < count; i++) {
            int value = (packed[i] >> shift) & 3;
            threes |= value & (value >> 1);
            destination[offset + i] = (byte) (value - 1);
        }
        if (threes != 0) {
            throw refusal(row, "the encoded value 3", "0, 1 or 2");
        }
    }
}
