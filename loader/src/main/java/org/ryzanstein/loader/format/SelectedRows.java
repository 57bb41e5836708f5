package org.ryzanstein.loader.format;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.weight.BlockForm;
import org.ryzanstein.api.weight.BlockRow;
import org.ryzanstein.api.weight.WeightSource;

/** Some rows of a weight matrix, or all in another order, seen as a matrix. */
public final class SelectedRows {
    private SelectedRows() {}

    /**
     * Rows that follow each other.
     *
     * @throws IndexOutOfBoundsException if the matrix has fewer rows
     */
    public static WeightSource range(WeightSource source, int first, int count) {
        Objects.checkFromIndexSize(first, count, source.rows());
        return switch (source) {
            case WeightSource.Ternary ternary -> range(ternary, first, count);
            case WeightSource.Blocks blocks -> new BlockRows(blocks, count, row -> first + row);
            case WeightSource.Floats floats ->
                new FloatRows(floats, count, row -> first + row, slice(floats.stored(), floats.rows(), first, count));
        };
    }

    /** The same of a ternary matrix. */
    public static WeightSource.Ternary range(WeightSource.Ternary source, int first, int count) {
        Objects.checkFromIndexSize(first, count, source.rows());
        return new TernaryRows(source, count, row -> first + row);
    }

    private static @Nullable MemorySegment slice(@Nullable MemorySegment stored, int rows, int first, int count) {
        if (stored == null) {
            return null;
        }
        long rowBytes = stored.byteSize() / rows;
        return stored.asSlice(first * rowBytes, count * rowBytes);
    }

    /**
     * All rows in another order.
     *
     * @param rowOf the row of the source that stands at a row
     */
    public static WeightSource reordered(WeightSource source, IntUnaryOperator rowOf) {
        return switch (source) {
            case WeightSource.Ternary ternary -> new TernaryRows(ternary, ternary.rows(), rowOf);
            case WeightSource.Blocks blocks -> new BlockRows(blocks, blocks.rows(), rowOf);
            case WeightSource.Floats floats -> new FloatRows(floats, floats.rows(), rowOf, null);
        };
    }

    private record TernaryRows(WeightSource.Ternary source, int rows, IntUnaryOperator rowOf)
            implements WeightSource.Ternary {
        @Override
        public String name() {
            return source.name();
        }

        @Override
        public int columns() {
            return source.columns();
        }

        @Override
        public void readDigits(int row, byte[] destination, int offset) {
            source.readDigits(rowOf.applyAsInt(Objects.checkIndex(row, rows)), destination, offset);
        }

        @Override
        public float scale(int row) {
            return source.scale(rowOf.applyAsInt(Objects.checkIndex(row, rows)));
        }
    }

    private record FloatRows(
            WeightSource.Floats source,
            int rows,
            IntUnaryOperator rowOf,
            @Nullable MemorySegment stored) implements WeightSource.Floats {
        @Override
        public String name() {
            return source.name();
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
            source.readFloats(rowOf.applyAsInt(Objects.checkIndex(row, rows)), destination, offset);
        }
    }

    private record BlockRows(WeightSource.Blocks source, int rows, IntUnaryOperator rowOf)
            implements WeightSource.Blocks {
        @Override
        public String name() {
            return source.name();
        }

        @Override
        public int columns() {
            return source.columns();
        }

        @Override
        public BlockForm form() {
            return source.form();
        }

        @Override
        public void readBlocks(int row, BlockRow destination) {
            source.readBlocks(rowOf.applyAsInt(Objects.checkIndex(row, rows)), destination);
        }

        @Override
        public void readFloats(int row, float[] destination, int offset) {
            source.readFloats(rowOf.applyAsInt(Objects.checkIndex(row, rows)), destination, offset);
        }
    }
}
