package org.ryzanstein.loader.format;

/**
 * Master weights of the hub, quantised as Transformers' AutoBitLinear does: s = max(mean |w|, 1e-5) over the tensor, digit =
 * w / s rounded half to even and clamped to [-1, 1]. The mean is summed in double, row by row, and rounded to float32 once.
 */
final class MasterSource extends TernarySource {
    private static final float SMALLEST_SCALE = 1e-5f;
    private static final int HALF_BITS = Float.floatToRawIntBits(0.5f);

    private final RowFormat format;

    MasterSource(String file, TensorInfo tensor, int rows, int columns) {
        super(file, tensor, rows, columns, meanMagnitude(file, tensor, rows, columns));
        this.format = RowFormat.of(tensor.type());
    }

    private static float meanMagnitude(String file, TensorInfo tensor, int rows, int columns) {
        RowFormat format = RowFormat.of(tensor.type());
        float[] values = new float[columns];
        double total = 0;
        for (int row = 0; row < rows; row++) {
            format.decode(tensor.data(), (long) row * columns, values, 0, columns);
            double sum = 0;
            for (float value : values) {
                sum += Math.abs(value);
            }
            if (!(sum < Double.POSITIVE_INFINITY)) {
                throw ModelFormatException.of(
                        file, tensor.name() + " row " + row, "a weight that is not finite", "numbers");
            }
            total += sum;
        }
        return Math.max((float) (total / ((double) rows * columns)), SMALLEST_SCALE);
    }

    @Override
    void decode(int row, byte[] destination, int offset) {
        int count = columns();
        float scale = scale();
        float[] values = new float[count];
        format.decode(tensor().data(), (long) row * count, values, 0, count);
        // One half is rounded to zero, everything beyond it to one in the end. The comparison of the bits as integers
        // spares a branch that random weights would mispredict.
        for (int i = 0; i < count; i++) {
            int bits = Float.floatToRawIntBits(values[i] / scale);
            int beyond = (HALF_BITS - (bits & Integer.MAX_VALUE)) >>> 31;
            destination[offset + i] = (byte) (((bits >> 31) | 1) * beyond);
        }
    }
}
