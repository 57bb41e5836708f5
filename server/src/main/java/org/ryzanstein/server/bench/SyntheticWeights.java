package org.ryzanstein.server.bench;

import java.util.SplittableRandom;
import org.ryzanstein.api.weight.BlockForm;
import org.ryzanstein.api.weight.BlockRow;
import org.ryzanstein.api.weight.WeightSource;

/** Random weights of each kind; a row is a function of its index. */
final class SyntheticWeights {
    private static final float SCALE = 1f / 64;

    private SyntheticWeights() {}

    private static SplittableRandom random(int row) {
        return new SplittableRandom(0x5eedL + row);
    }

    static WeightSource.Ternary ternary(int rows, int columns) {
        return new Ternary(rows, columns);
    }

    static WeightSource.Blocks blocks(int rows, int columns) {
        return new Blocks(rows, columns);
    }

    static WeightSource.Floats floats(int rows, int columns) {
        return new Floats(rows, columns);
    }

    private record Ternary(int rows, int columns) implements WeightSource.Ternary {
        @Override
        public String name() {
            return "synthetic ternary weights";
        }

        @Override
        public void readDigits(int row, byte[] destination, int offset) {
            SplittableRandom random = random(row);
            for (int i = 0; i < columns; i++) {
                destination[offset + i] = (byte) (random.nextInt(3) - 1);
            }
        }

        @Override
        public float scale(int row) {
            return SCALE;
        }
    }

    /** As Q8_0: a scale for each block. */
    private record Blocks(int rows, int columns) implements WeightSource.Blocks {
        private static final BlockForm FORM = new BlockForm(-127, 127, BlockForm.Parts.NONE, BlockForm.Parts.NONE);

        @Override
        public String name() {
            return "synthetic int8 weights";
        }

        @Override
        public BlockForm form() {
            return FORM;
        }

        @Override
        public void readBlocks(int row, BlockRow destination) {
            SplittableRandom random = random(row);
            byte[] quants = destination.quants();
            for (int i = 0; i < quants.length; i++) {
                quants[i] = (byte) (random.nextInt(255) - 127);
            }
            java.util.Arrays.fill(destination.scales(), SCALE);
        }
    }

    private record Floats(int rows, int columns) implements WeightSource.Floats {
        @Override
        public String name() {
            return "synthetic float16 weights";
        }

        @Override
        public FloatFormat format() {
            return FloatFormat.FLOAT16;
        }

        @Override
        public void readFloats(int row, float[] destination, int offset) {
            SplittableRandom random = random(row);
            for (int i = 0; i < columns; i++) {
                destination[offset + i] =
                        Float.float16ToFloat(Float.floatToFloat16((float) random.nextDouble(-1, 1) * SCALE));
            }
        }
    }
}
