package org.ryzanstein.loader.format;

import java.util.Objects;
import org.ryzanstein.api.weight.BlockForm;
import org.ryzanstein.api.weight.BlockRow;
import org.ryzanstein.api.weight.WeightSource;

/** A block-quantised matrix straight from the file. */
final class BlockSource implements WeightSource.Blocks {
    private final String file;
    private final TensorInfo tensor;
    private final BlockFormat format;
    private final int rows;
    private final int columns;
    private final int rowBytes;

    /** A tensor of whole blocks, which the file's reader has made sure of. */
    BlockSource(String file, TensorInfo tensor, int rows, int columns) {
        this.file = file;
        this.tensor = tensor;
        this.format = BlockFormat.of(tensor.type());
        this.rows = rows;
        this.columns = columns;
        int block = tensor.type().blockElements();
        if (columns % block != 0) {
            throw ModelFormatException.of(
                    file, tensor.name(), columns + " columns of " + tensor.type(), "a multiple of " + block);
        }
        this.rowBytes = Math.multiplyExact(columns / block, tensor.type().blockBytes());
    }

    @Override
    public String name() {
        return tensor.name();
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
    public BlockForm form() {
        return format.form();
    }

    @Override
    public void readBlocks(int row, BlockRow destination) {
        Objects.checkIndex(row, rows);
        if (destination.columns() != columns || !destination.form().equals(form())) {
            throw new IllegalArgumentException(tensor.name() + ": a row of " + destination.columns() + " columns and "
                    + destination.form() + ", expected " + columns + " and " + form());
        }
        byte[] packed = RowFormat.bytes(tensor.data(), (long) row * rowBytes, rowBytes);
        format.decodeRow(packed, destination);
        requireFinite(row, "scale", destination.scales());
        requireFinite(row, "minimum", destination.minima());
    }

    private void requireFinite(int row, String what, float[] numbers) {
        for (int block = 0; block < numbers.length; block++) {
            if (!Float.isFinite(numbers[block])) {
                throw ModelFormatException.of(
                        file,
                        tensor.name() + " row " + row + " columns from " + block * BLOCK,
                        "the " + what + " " + numbers[block],
                        "a finite number; the file is damaged or badly quantised");
            }
        }
    }
}
