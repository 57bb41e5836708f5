package org.ryzanstein.backend.cpu;

import org.ryzanstein.backend.cpu.BlockDigits.DigitForm;

/** The product of a {@link BlockMatrix}. */
final class BlockProduct implements LinearMatrix.Product {
    private static final int ROWS = BlockLayout.ROWS;

    private final BlockMatrix weights;
    private final HostBuffer in;
    private final LinearScratch scratch;
    private final BlockKernels kernels;
    private final InputForm form;

    /** Products with the same form can share prepared activations. */
    private record InputForm(DigitForm few, DigitForm tiles) {}

    BlockProduct(BlockMatrix weights, HostBuffer in, LinearScratch scratch) {
        this.weights = weights;
        this.in = in;
        this.scratch = scratch;
        this.kernels = scratch.kernels().blocks();
        this.form = new InputForm(kernels.formOfFew(weights.form()), kernels.formOfTiles(weights.form()));
        scratch.digits().reserve(in.rows(), in.columns());
        scratch.reserveSums(BlockDigits.tiles(in.rows()) * BlockDigits.TILE);
    }

    @Override
    public Object inputForm() {
        return form;
    }

    @Override
    public boolean prepare(int row, int rows) {
        return scratch.digits().prepare(in, row, rows, rows > BlockDigits.FEW ? form.tiles() : form.few());
    }

    @Override
    public void multiply(int rows, int from, int to, int member, LinearMatrix.Output out) {
        BlockScratch own = scratch.block(member);
        for (int row = from; row < to; row += ROWS) {
            int group = row / ROWS;
            if (rows > BlockDigits.FEW) {
                kernels.multiplyTiles(weights, group, scratch.digits(), BlockDigits.tiles(rows), own);
            } else {
                kernels.multiplyFew(weights, group, scratch.digits(), rows, own);
            }
            int count = Math.min(ROWS, to - row);
            for (int i = 0; i < rows; i++) {
                store(own, i, count, out.values(i), out.first(i) + row);
            }
        }
    }

    private void store(BlockScratch own, int row, int count, float[] out, int at) {
        float[] sums = own.sums();
        float[] minima = own.minima();
        int from = row * ROWS;
        if (weights.form().hasMinima()) {
            for (int i = 0; i < count; i++) {
                out[at + i] = sums[from + i] - minima[from + i];
            }
        } else {
            System.arraycopy(sums, from, out, at, count);
        }
    }
}
