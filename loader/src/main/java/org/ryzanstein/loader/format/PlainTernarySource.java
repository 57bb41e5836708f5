package org.ryzanstein.loader.format;

/** Floats of a GGUF file that are ternary already: each is -s, 0 or s for one s, exactly. */
final class PlainTernarySource extends TernarySource {
    private static final int CHUNK = 4096;

    private final RowFormat format;

    PlainTernarySource(String file, TensorInfo tensor, int rows, int columns) {
        super(file, tensor, rows, columns, firstMagnitude(tensor));
        this.format = RowFormat.of(tensor.type());
    }

    /** The magnitude of the first element that is not zero, or 0. */
    private static float firstMagnitude(TensorInfo tensor) {
        RowFormat format = RowFormat.of(tensor.type());
        float[] chunk = new float[CHUNK];
        long elements = tensor.elements();
        for (long at = 0; at < elements; at += CHUNK) {
            int count = (int) Math.min(CHUNK, elements - at);
            format.decode(tensor.data(), at, chunk, 0, count);
            for (int i = 0; i < count; i++) {
                if (chunk[i] != 0) {
                    return Math.abs(chunk[i]);
                }
            }
        }
        return 0;
    }

    @Override
    void decode(int row, byte[] destination, int offset) {
        int count = columns();
        float scale = scale();
        float[] values = new float[count];
        format.decode(tensor().data(), (long) row * count, values, 0, count);
        for (int i = 0; i < count; i++) {
            float value = values[i];
            if (value == 0) {
                destination[offset + i] = 0;
            } else if (value == scale) {
                destination[offset + i] = 1;
            } else if (value == -scale) {
                destination[offset + i] = -1;
            } else {
                throw refusal(
                        row,
                        value + " in column " + i,
                        "-" + scale + ", 0 or " + scale + ", since " + tensor().type()
                                + " weights of a ternary model must be ternary already; quantise the model to TQ2_0 or I2_S");
            }
        }
    }
}
