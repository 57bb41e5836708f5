package org.ryzanstein.backend.cpu;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.weight.BlockForm;
import org.ryzanstein.api.weight.BlockRow;
import org.ryzanstein.api.weight.WeightSource;

/** The first rows of a matrix, as a matrix. */
final class FirstRows {
    private FirstRows() {}

    static WeightSource of(WeightSource source, int most) {
        int rows = Math.min(most, source.rows());
        return switch (source) {
            case WeightSource.Ternary ternary -> new TernaryRows(ternary, rows);
            case WeightSource.Floats floats -> new FloatRows(floats, rows);
            case WeightSource.Blocks blocks -> new BlockRows(blocks, rows);
        };
    }

    private record TernaryRows(WeightSource.Ternary whole, int rows) implements WeightSource.Ternary {
        @Override
        public String name() {
            return whole.name();
        }

        @Override
        public int columns() {
            return whole.columns();
        }

        @Override
        public void readDigits(int row, byte[] destination, int offset) {
            whole.readDigits(row, destination, offset);
        }

        @Override
        public float scale(int row) {
            return whole.scale(row);
        }
    }

    private record FloatRows(WeightSource.Floats whole, int rows) implements WeightSource.Floats {
        @Override
        public String name() {
            return whole.name();
        }

        @Override
        public int columns() {
            return whole.columns();
        }

        @Override
        public FloatFormat format() {
            return whole.format();
        }

        @Override
        public void readFloats(int row, float[] destination, int offset) {
            whole.readFloats(row, destination, offset);
        }

        @Override
        public @Nullable MemorySegment stored() {
            return whole.stored();
        }
    }

    private record BlockRows(WeightSource.Blocks whole, int rows) implements WeightSource.Blocks {
        @Override
        public String name() {
            return whole.name();
        }

        @Override
        public int columns() {
            return whole.columns();
        }

        @Override
        public BlockForm form() {
            return whole.form();
        }

        @Override
        public void readBlocks(int row, BlockRow destination) {
            whole.readBlocks(row, destination);
        }
    }
}
