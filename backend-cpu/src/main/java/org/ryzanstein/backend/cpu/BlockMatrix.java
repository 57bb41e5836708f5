package org.ryzanstein.backend.cpu;

import org.ryzanstein.api.weight.BlockForm;
import org.ryzanstein.api.weight.BlockRow;
import org.ryzanstein.api.weight.WeightSource.Blocks;

/** Block-quantised weights in their canonical form, multiplied with activations quantised in the same blocks. */
final class BlockMatrix implements LinearMatrix, EmbeddingTable {
    private static final int BLOCK = Blocks.BLOCK;

    private final String name;
    private final int columns;
    private final BlockForm form;
    private final BlockRow[] rows;
    private final CpuKernels kernels;

    private BlockMatrix(Blocks source, CpuKernels kernels) {
        this.kernels = kernels;
        this.name = source.name();
        this.columns = source.columns();
        this.form = source.form();
        this.rows = new BlockRow[source.rows()];
    }

    static BlockMatrix pack(Blocks source, CpuKernels kernels, Parallel parallel) {
        if (source.columns() % BLOCK != 0) {
            throw new IllegalArgumentException(
                    source.name() + ": " + source.columns() + " columns, expected a multiple of " + BLOCK);
        }
        BlockMatrix matrix = new BlockMatrix(source, kernels);
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
        private final int blocks = columns / BLOCK;
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
                    float product = kernels.blockDot(
                            weights, digits.values(), i * columns, digits.factors(), digits.sums(), i * blocks);
                    out.put(i, row, product);
                }
            }
        }
    }
}
