package org.ryzanstein.loader.quantize;

import org.ryzanstein.api.weight.WeightSource;

/** Rows of any weights as floats. */
final class Rows {
    private Rows() {}

    /** A reader of a source's rows; it keeps a buffer, so it serves one thread. */
    static Reader reader(WeightSource source) {
        return switch (source) {
            case WeightSource.Floats floats ->
                row -> {
                    float[] values = new float[floats.columns()];
                    floats.readFloats(row, values, 0);
                    return values;
                };
            case WeightSource.Blocks blocks ->
                row -> {
                    float[] values = new float[blocks.columns()];
                    blocks.readFloats(row, values, 0);
                    return values;
                };
            case WeightSource.Ternary ternary ->
                row -> {
                    byte[] digits = new byte[ternary.columns()];
                    ternary.readDigits(row, digits, 0);
                    float[] values = new float[digits.length];
                    float scale = ternary.scale(row);
                    for (int i = 0; i < values.length; i++) {
                        values[i] = digits[i] * scale;
                    }
                    return values;
                };
        };
    }

    /** Reads rows. */
    @FunctionalInterface
    interface Reader {
        float[] read(int row);
    }
}
