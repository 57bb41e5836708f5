package org.ryzanstein.backend.scalar;

import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.api.weight.WeightSource.Int8Blocks;

/** Weights in int8 blocks of 32 with a float32 scale each, multiplied with activations quantised in the same blocks. */
final class Int8Matrix implements LinearMatrix {
    private static final int BLOCK = Int8Blocks.BLOCK;
    /** A block of activations whose largest magnitude is below this counts as zero: 127 / M must not overflow. */
    private static final float SMALLEST = 1e-30f;

    private final String name;
    private final int rows;
    private final int columns;
    private final byte[][] quants;
    private final float[][] scales;

    private Int8Matrix(Int8Blocks source) {
        this.name = source.name();
        this.rows = source.rows();
        this.columns = source.columns();
        this.quants = new byte[rows][];
        this.scales = new float[rows][];
    }

    static Int8Matrix pack(Int8Blocks source, Parallel parallel) {
        if (source.columns() % BLOCK != 0) {
            throw new IllegalArgumentException(
                    source.name() + ": " + source.columns() + " columns, expected a multiple of " + BLOCK);
        }
        Int8Matrix matrix = new Int8Matrix(source);
        parallel.forRange(matrix.rows, (from, to) -> {
            for (int row = from; row < to; row++) {
                byte[] quants = new byte[matrix.columns];
                float[] scales = new float[matrix.columns / BLOCK];
                source.readBlocks(row, quants, scales);
                matrix.quants[row] = quants;
                matrix.scales[row] = scales;
            }
        });
        return matrix;
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
        return (long) rows * (columns + (long) columns / BLOCK * Float.BYTES);
    }

    @Override
    public String layout() {
        return "int8 blocks of 32, row by row";
    }

    @Override
    public Input input(HostBuffer in, int members) {
        return new QuantizedInput(in);
    }

    private final class QuantizedInput implements Input {
        private final HostBuffer in;
        private final int blocks = columns / BLOCK;
        private final byte[] digits;
        private final float[] factors;

        QuantizedInput(HostBuffer in) {
            this.in = in;
            this.digits = new byte[Math.multiplyExact(in.rows(), columns)];
            this.factors = new float[in.rows() * blocks];
        }

        @Override
        public boolean prepare(int row) {
            boolean finite = true;
            for (int block = 0; block < blocks; block++) {
                finite &= prepareBlock(row, block);
            }
            return finite;
        }

        private boolean prepareBlock(int row, int block) {
            float[] x = in.floats;
            int source = in.row(row) + block * BLOCK;
            int target = row * columns + block * BLOCK;
            float max = 0f;
            for (int i = 0; i < BLOCK; i++) {
                max = Math.max(max, Math.abs(x[source + i]));
            }
            boolean usable = max >= SMALLEST && Float.isFinite(max);
            float scale = usable ? 127f / max : 0f;
            for (int i = 0; i < BLOCK; i++) {
                digits[target + i] = usable ? (byte) ContractMath.roundToInteger(x[source + i] * scale) : 0;
            }
            factors[row * blocks + block] = usable ? max / 127f : 0f;
            return Float.isFinite(max);
        }

        @Override
        public void multiply(int inputRows, int from, int to, int member, Output out) {
            for (int row = from; row < to; row++) {
                for (int i = 0; i < inputRows; i++) {
                    out.put(i, row, dot(row, i));
                }
            }
        }

        private float dot(int row, int inputRow) {
            byte[] weights = quants[row];
            float[] weightScales = scales[row];
            float sum = 0f;
            for (int block = 0; block < blocks; block++) {
                int integer = blockDot(weights, block * BLOCK, digits, inputRow * columns + block * BLOCK);
                sum = Math.fma((float) integer, weightScales[block] * factors[inputRow * blocks + block], sum);
            }
            return sum;
        }

        private static int blockDot(byte[] a, int aOffset, byte[] b, int bOffset) {
            int sum = 0;
            for (int i = 0; i < BLOCK; i++) {
                sum += a[aOffset + i] * b[bOffset + i];
            }
            return sum;
        }
    }
}
