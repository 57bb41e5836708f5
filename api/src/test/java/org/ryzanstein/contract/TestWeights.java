package org.ryzanstein.contract;

import org.ryzanstein.api.weight.WeightSource;

/** Weight sources over plain arrays. */
final class TestWeights {
    private TestWeights() {}

    /** Ternary weights: {@code digits[row][column]}, {@code scales[row]}. */
    record Ternary(String name, byte[][] digits, float[] scales) implements WeightSource.Ternary {
        @Override
        public int rows() {
            return digits.length;
        }

        @Override
        public int columns() {
            return digits[0].length;
        }

        @Override
        public void readDigits(int row, byte[] destination, int offset) {
            System.arraycopy(digits[row], 0, destination, offset, digits[row].length);
        }

        @Override
        public float scale(int row) {
            return scales[row];
        }
    }

    /** Floats: {@code values[row][column]}, each of which must be a value of the format. */
    record Floats(String name, FloatFormat format, float[][] values) implements WeightSource.Floats {
        @Override
        public int rows() {
            return values.length;
        }

        @Override
        public int columns() {
            return values[0].length;
        }

        @Override
        public void readFloats(int row, float[] destination, int offset) {
            System.arraycopy(values[row], 0, destination, offset, values[row].length);
        }
    }

    /** Blocks of 32: {@code quants[row][column]}, {@code scales[row][column / 32]}. */
    record Int8(String name, byte[][] quants, float[][] scales) implements WeightSource.Int8Blocks {
        @Override
        public int rows() {
            return quants.length;
        }

        @Override
        public int columns() {
            return quants[0].length;
        }

        @Override
        public void readBlocks(int row, byte[] quantsOut, float[] scalesOut) {
            System.arraycopy(quants[row], 0, quantsOut, 0, quants[row].length);
            System.arraycopy(scales[row], 0, scalesOut, 0, scales[row].length);
        }
    }
}
