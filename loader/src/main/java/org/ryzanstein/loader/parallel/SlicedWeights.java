package org.ryzanstein.loader.parallel;

import java.util.Objects;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.format.SelectedRows;

/** Parts of weight matrices. */
public final class SlicedWeights {
    private SlicedWeights() {}

    /** Some rows of a matrix of any kind. */
    public static WeightSource rows(WeightSource source, Range rows) {
        return isWhole(rows, source.rows()) ? source : SelectedRows.range(source, rows.first(), rows.count());
    }

    /** Some rows of a ternary matrix. */
    public static WeightSource.Ternary rows(WeightSource.Ternary source, Range rows) {
        return isWhole(rows, source.rows()) ? source : SelectedRows.range(source, rows.first(), rows.count());
    }

    /** Some columns of all rows; one column of zeros where there are none, since a matrix has at least one. */
    public static WeightSource.Ternary columns(WeightSource.Ternary source, Range columns) {
        return isWhole(columns, source.columns()) ? source : new TernaryColumns(source, columns);
    }

    /** Some elements of a vector; one zero where there are none. */
    public static WeightSource.Floats elements(WeightSource.Floats vector, Range elements) {
        return isWhole(elements, vector.columns()) ? vector : new Elements(vector, elements);
    }

    private static boolean isWhole(Range range, int size) {
        Objects.checkFromIndexSize(range.first(), range.count(), size);
        return range.count() == size;
    }

    private record TernaryColumns(WeightSource.Ternary source, Range range) implements WeightSource.Ternary {
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
            return Math.max(1, range.count());
        }

        @Override
        public void readDigits(int row, byte[] destination, int offset) {
            if (range.isEmpty()) {
                destination[offset] = 0;
                return;
            }
            byte[] whole = new byte[source.columns()];
            source.readDigits(row, whole, 0);
            System.arraycopy(whole, range.first(), destination, offset, range.count());
        }

        @Override
        public float scale(int row) {
            return source.scale(row);
        }
    }

    private record Elements(WeightSource.Floats source, Range range) implements WeightSource.Floats {
        @Override
        public String name() {
            return source.name();
        }

        @Override
        public int rows() {
            return 1;
        }

        @Override
        public int columns() {
            return Math.max(1, range.count());
        }

        @Override
        public WeightSource.FloatFormat format() {
            return source.format();
        }

        @Override
        public void readFloats(int row, float[] destination, int offset) {
            if (range.isEmpty()) {
                destination[offset] = 0f;
                return;
            }
            float[] whole = new float[source.columns()];
            source.readFloats(row, whole, 0);
            System.arraycopy(whole, range.first(), destination, offset, range.count());
        }
    }
}
