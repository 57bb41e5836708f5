package org.ryzanstein.backend.cpu;

import java.util.Locale;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.api.weight.WeightSource.FloatFormat;

/** Floating-point weights, kept in the file's own format and decoded a row at a time. */
final class DenseMatrix implements LinearMatrix, EmbeddingTable {
    private final String name;
    private final int rows;
    private final int columns;
    private final FloatFormat format;
    private final CpuKernels kernels;
    /** Rows of a FLOAT32 matrix. */
    private final float[][] floats;
    /** Rows of a 16-bit matrix. */
    private final short[][] halves;

    private DenseMatrix(WeightSource.Floats source, CpuKernels kernels) {
        this.kernels = kernels;
        this.name = source.name();
        this.rows = source.rows();
        this.columns = source.columns();
        this.format = source.format();
        boolean wide = format == FloatFormat.FLOAT32;
        this.floats = new float[wide ? rows : 0][];
        this.halves = new short[wide ? 0 : rows][];
    }

    static DenseMatrix pack(WeightSource.Floats source, CpuKernels kernels, Parallel parallel) {
        DenseMatrix matrix = new DenseMatrix(source, kernels);
        parallel.forRange(matrix.rows, (from, to) -> {
            float[] values = new float[matrix.columns];
            for (int row = from; row < to; row++) {
                source.readFloats(row, values, 0);
                matrix.packRow(row, values);
            }
        });
        return matrix;
    }

    private void packRow(int row, float[] values) {
        switch (format) {
            case FLOAT32 -> floats[row] = values.clone();
            case FLOAT16 -> {
                short[] packed = new short[columns];
                for (int i = 0; i < columns; i++) {
                    packed[i] = Float.floatToFloat16(values[i]);
                }
                halves[row] = packed;
            }
            case BFLOAT16 -> {
                short[] packed = new short[columns];
                for (int i = 0; i < columns; i++) {
                    packed[i] = (short) (Float.floatToRawIntBits(values[i]) >>> 16);
                }
                halves[row] = packed;
            }
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    @Override
    public long bytes() {
        return (long) rows * columns * (format == FloatFormat.FLOAT32 ? Float.BYTES : Short.BYTES);
    }

    @Override
    public String layout() {
        return format.name().toLowerCase(Locale.ROOT) + ", row by row";
    }

    @Override
    public void decode(int row, float[] target, int offset) {
        switch (format) {
            case FLOAT32 -> System.arraycopy(floats[row], 0, target, offset, columns);
            case FLOAT16 -> {
                short[] packed = halves[row];
                for (int i = 0; i < packed.length; i++) {
                    target[offset + i] = Float.float16ToFloat(packed[i]);
                }
            }
            case BFLOAT16 -> {
                short[] packed = halves[row];
                for (int i = 0; i < packed.length; i++) {
                    target[offset + i] = Float.intBitsToFloat(packed[i] << 16);
                }
            }
        }
    }

    @Override
    public Input input(HostBuffer in, int members) {
        return new DenseInput(in, members);
    }

    private final class DenseInput implements Input {
        private final HostBuffer in;
        /** A decoded weight row for each thread that multiplies. */
        private final float[][] scratch;

        DenseInput(HostBuffer in, int members) {
            this.in = in;
            this.scratch = new float[members][format == FloatFormat.FLOAT32 ? 0 : columns];
        }

        @Override
        public boolean prepare(int row) {
            return true;
        }

        @Override
        public void multiply(int inputRows, int from, int to, int member, Output out) {
            boolean wide = format == FloatFormat.FLOAT32;
            for (int row = from; row < to; row++) {
                float[] decoded = wide ? floats[row] : scratch[member];
                if (!wide) {
                    decode(row, decoded, 0);
                }
                for (int i = 0; i < inputRows; i++) {
                    out.put(i, row, kernels.dot(in.floats(), in.row(i), decoded, 0, columns));
                }
            }
        }
    }
}
