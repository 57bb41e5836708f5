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
        // Without branches: random digits would mispredict most of them.
        int magnitude = Float.floatToRawIntBits(scale);
        int unlike = 0;
        for (int i = 0; i < count; i++) {
            int bits = Float.floatToRawIntBits(values[i]);
            int found = bits & Integer.MAX_VALUE;
            int present = (found + Integer.MAX_VALUE) >>> 31;
            destination[offset + i] = (byte) (((bits >> 31) | 1) * present);
            unlike |= (found ^ magnitude) & -present;
        }
        if (unlike != 0) {
            throw notTernary(row, values, scale);
        }
    }

    private ModelFormatException notTernary(int row, float[] values, float scale) {
        int column = 0;
        while (values[column] == 0 || Math.abs(values[column]) == scale) {
            column++;
        }
        return refusal(
                row,
                values[column] + " in column " + column,
                "-" + scale + ", 0 or " + scale + ", since " + tensor().type()
                        + " weights of a ternary model must be ternary already; quantise the model to TQ2_0 or I2_S");
    }
}
