package org.ryzanstein.backend.scalar;

import org.ryzanstein.api.weight.BlockForm;
import org.ryzanstein.api.weight.BlockRow;
import org.ryzanstein.api.weight.WeightSource.Blocks;

/** Block-quantised weights in their canonical form, multiplied with activations quantised in the same blocks. */
final class BlockMatrix implements LinearMatrix, EmbeddingTable {
    private static final int BLOCK = Blocks.BLOCK;
    private static final int HALF = Blocks.HALF;

    private final String name;
    private final int columns;
    private final BlockForm form;
    private final BlockRow[] rows;

    private BlockMatrix(Blocks source) {
        this.name = source.name();
        this.columns = source.columns();
        this.form = source.form();
        this.rows = new BlockRow[source.rows()];
    }

    static BlockMatrix pack(Blocks source, Parallel parallel) {
        if (source.columns() % BLOCK != 0) {
            throw new IllegalArgumentException(
                    source.name() + ": " + source.columns() + " columns, expected a multiple of " + BLOCK);
        }
        BlockMatrix matrix = new BlockMatrix(source);
        parallel.forRange(matrix.rows.length, (from, to) -> {
            for (int row = from; row < to; row++) {
                BlockRow blocks = new BlockRow(matrix.columns, matrix.form);
                source.readBlocks(row, blocks);
                matrix.rows[row] = blocks;
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
        return rows.length;
    }

    @Override
    public int columns() {
        return columns;
    }

    @Override
    public long bytes() {
        int numbers = form.hasMinima() ? 2 : 1;
        long blockBytes = BLOCK + numbers * (2L + Float.BYTES);
        return blockBytes * rows.length * (columns / BLOCK);
    }

    @Override
    public String layout() {
        return "canonical int8 blocks of 32" + (form.hasMinima() ? " with minima" : "") + ", row by row";
    }

    @Override
    public void decode(int row, float[] target, int offset) {
        rows[row].decode(target, offset);
    }

    @Override
    public Input input(HostBuffer in, int members) {
        return new QuantizedInput(in);
    }

    private final class QuantizedInput implements Input {
        private final BlockDigits digits;

        QuantizedInput(HostBuffer in) {
            this.digits = new BlockDigits(in, form.hasMinima());
        }

        @Override
        public boolean prepare(int row) {
            return digits.prepare(row);
        }

        @Override
        public void multiply(int inputRows, int from, int to, int member, Output out) {
            for (int row = from; row < to; row++) {
                BlockRow weights = rows[row];
                for (int i = 0; i < inputRows; i++) {
                    float product = product(weights, i);
                    out.put(i, row, form.hasMinima() ? product - minima(weights, i) : product);
                }
            }
        }

        /** fma(I_b, d * da, .) in rising b. */
        private float product(BlockRow weights, int inputRow) {
            byte[] subScales = weights.subScales();
            float[] scales = weights.scales();
            int at = inputRow * columns;
            int factorAt = inputRow * scales.length;
            float sum = 0f;
            for (int b = 0; b < scales.length; b++) {
                int k = b * BLOCK;
                int integer = subScales[2 * b] * halfDot(weights.quants(), k, digits.values(), at + k)
                        + subScales[2 * b + 1] * halfDot(weights.quants(), k + HALF, digits.values(), at + k + HALF);
                sum = Math.fma((float) integer, scales[b] * digits.factors()[factorAt + b], sum);
            }
            return sum;
        }

        /** fma(J_b, dmin * da, .) in rising b. */
        private float minima(BlockRow weights, int inputRow) {
            byte[] subMinima = weights.subMinima();
            float[] minima = weights.minima();
            int factorAt = inputRow * minima.length;
            float sum = 0f;
            for (int b = 0; b < minima.length; b++) {
                int half = 2 * (factorAt + b);
                int integer = subMinima[2 * b] * digits.sums()[half] + subMinima[2 * b + 1] * digits.sums()[half + 1];
                sum = Math.fma((float) integer, minima[b] * digits.factors()[factorAt + b], sum);
            }
            return sum;
        }

        private static int halfDot(byte[] a, int aOffset, byte[] b, int bOffset) {
            int sum = 0;
            for (int i = 0; i < HALF; i++) {
                sum += a[aOffset + i] * b[bOffset + i];
            }
            return sum;
        }
    }
}
