package org.ryzanstein.contract;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.ryzanstein.api.weight.BlockForm;
import org.ryzanstein.api.weight.BlockRow;
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

    /** Floats that may be read where they are stored, two bytes behind a multiple of 64. */
    record StoredFloats(TestWeights.Floats rowByRow, MemorySegment stored) implements WeightSource.Floats {
        StoredFloats(TestWeights.Floats rowByRow) {
            this(rowByRow, encode(rowByRow));
        }

        private static MemorySegment encode(TestWeights.Floats weights) {
            int size = weights.format() == FloatFormat.FLOAT32 ? Float.BYTES : Short.BYTES;
            long bytes = (long) weights.rows() * weights.columns() * size;
            ByteBuffer buffer = Arena.ofAuto()
                    .allocate(bytes + Short.BYTES, 64)
                    .asSlice(Short.BYTES)
                    .asByteBuffer()
                    .order(ByteOrder.LITTLE_ENDIAN);
            for (float[] row : weights.values()) {
                for (float value : row) {
                    switch (weights.format()) {
                        case FLOAT32 -> buffer.putFloat(value);
                        case FLOAT16 -> buffer.putShort(Float.floatToFloat16(value));
                        case BFLOAT16 -> buffer.putShort((short) (Float.floatToRawIntBits(value) >>> Short.SIZE));
                    }
                }
            }
            return MemorySegment.ofBuffer(buffer.flip()).asReadOnly();
        }

        @Override
        public String name() {
            return rowByRow.name();
        }

        @Override
        public FloatFormat format() {
            return rowByRow.format();
        }

        @Override
        public int rows() {
            return rowByRow.rows();
        }

        @Override
        public int columns() {
            return rowByRow.columns();
        }

        @Override
        public void readFloats(int row, float[] destination, int offset) {
            rowByRow.readFloats(row, destination, offset);
        }
    }

    /** Blocks of 32. */
    record Blocks(String name, BlockForm form, NaiveKernels.BlockWeights weights) implements WeightSource.Blocks {
        @Override
        public int rows() {
            return weights.quants().length;
        }

        @Override
        public int columns() {
            return weights.quants()[0].length;
        }

        @Override
        public void readBlocks(int row, BlockRow destination) {
            copy(weights.quants()[row], destination.quants());
            copy(weights.subScales()[row], destination.subScales());
            System.arraycopy(weights.scales()[row], 0, destination.scales(), 0, destination.blocks());
            if (form.hasMinima()) {
                copy(weights.subMinima()[row], destination.subMinima());
                System.arraycopy(weights.minima()[row], 0, destination.minima(), 0, destination.blocks());
            }
        }

        private static void copy(byte[] from, byte[] to) {
            System.arraycopy(from, 0, to, 0, to.length);
        }
    }
}
