package org.ryzanstein.benchmarks;

import java.util.SplittableRandom;
import org.ryzanstein.api.weight.WeightSource;

/** Random weights; a row is a function of its index. */
final class RandomWeights {
    private RandomWeights() {}

    /** Ternary weights. */
    record Ternary(int rows, int columns) implements WeightSource.Ternary {
        @Override
        public String name() {
            return "random ternary weights";
        }

        @Override
        public void readDigits(int row, byte[] destination, int offset) {
            SplittableRandom random = new SplittableRandom(row);
            for (int i = 0; i < columns; i++) {
                destination[offset + i] = (byte) (random.nextInt(3) - 1);
            }
        }

        @Override
        public float scale(int row) {
            return 1;
        }
    }

    /** Half-precision weights. */
    record Halves(int rows, int columns) implements WeightSource.Floats {
        @Override
        public String name() {
            return "random float16 weights";
        }

        @Override
        public FloatFormat format() {
            return FloatFormat.FLOAT16;
        }

        @Override
        public void readFloats(int row, float[] destination, int offset) {
            SplittableRandom random = new SplittableRandom(row);
            for (int i = 0; i < columns; i++) {
                destination[offset + i] = Float.float16ToFloat(Float.floatToFloat16((float) random.nextDouble(-1, 1)));
            }
        }
    }
}
