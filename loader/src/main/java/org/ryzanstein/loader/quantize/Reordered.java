package org.ryzanstein.loader.quantize;

import org.ryzanstein.api.weight.WeightSource;

/**
 * Query and key weights in the order of rows that llama.cpp's converter gives architecture llama: within each head, row i of
 * the first half and row i of the second half, the two that are rotated together, become neighbours.
 */
final class Reordered {
    private Reordered() {}

    /** The row of the hub's order that stands at a row of the file's order. */
    static int hubRow(int row, int headDim) {
        int within = row % headDim;
        return row - within + within / 2 + within % 2 * (headDim / 2);
    }

    /** A matrix in the file's order. */
    static WeightSource matrix(WeightSource source, int headDim) {
        return switch (source) {
            case WeightSource.Floats floats -> new FloatRows(floats, headDim);
            case WeightSource.Ternary ternary -> new TernaryRows(ternary, headDim);
            case WeightSource.Blocks blocks ->
                throw new IllegalArgumentException(blocks.name() + ": blocks do not occur on the hub");
        };
    }

    /** A bias in the file's order. */
    static float[] vector(float[] values, int headDim) {
        float[] reordered = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            reordered[i] = values[hubRow(i, headDim)];
        }
        return reordered;
    }

    private record FloatRows(WeightSource.Floats source, int headDim) implements WeightSource.Floats {
        @Override
        public String name() {
            return source.name();
        }

        @Override
        public int rows() {
            return source.rows();
        }

        @Override
        public int columns() {
            return source.columns();
        }

        @Override
        public WeightSource.FloatFormat format() {
            return source.format();
        }

        @Override
        public void readFloats(int row, float[] destination, int offset) {
            source.readFloats(hubRow(row, headDim), destination, offset);
        }
    }

    private record TernaryRows(WeightSource.Ternary source, int headDim) implements WeightSource.Ternary {
        @Override
        public String name() {
            return source.name();
        }

        @Override
        public int rows() {
            return source.rows();
        }

        @Override
        public int columns() {
            return source.columns();
        }

        @Override
        public void readDigits(int row, byte[] destination, int offset) {
            source.readDigits(hubRow(row, headDim), destination, offset);
        }

        @Override
        public float scale(int row) {
            return source.scale(hubRow(row, headDim));
        }
    }
}
