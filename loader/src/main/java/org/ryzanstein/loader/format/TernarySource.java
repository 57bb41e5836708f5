package org.ryzanstein.loader.format;

import java.util.Objects;
import org.ryzanstein.api.weight.WeightSource;

/** A ternary matrix of one tensor, and so of one scale. */
abstract class TernarySource implements WeightSource.Ternary {
    /** The file, for messages. */
    private final String file;

    private final TensorInfo tensor;
    private final int rows;
    private final int columns;
    private final float scale;

    TernarySource(String file, TensorInfo tensor, int rows, int columns, float scale) {
        if (!(scale >= 0) || scale == Float.POSITIVE_INFINITY) {
            throw ModelFormatException.of(
                    file, tensor.name() + " scale", Float.toString(scale), "a finite number of at least 0");
        }
        this.file = file;
        this.tensor = tensor;
        this.rows = rows;
        this.columns = columns;
        this.scale = scale;
    }

    @Override
    public final String name() {
        return tensor.name();
    }

    @Override
    public final int rows() {
        return rows;
    }

    @Override
    public final int columns() {
        return columns;
    }

    @Override
    public final float scale(int row) {
        Objects.checkIndex(row, rows);
        return scale;
    }

    @Override
    public final void readDigits(int row, byte[] destination, int offset) {
        Objects.checkIndex(row, rows);
        Objects.checkFromIndexSize(offset, columns, destination.length);
        decode(row, destination, offset);
    }

    final TensorInfo tensor() {
        return tensor;
    }

    final float scale() {
        return scale;
    }

    /** Decodes one row; row and range are already checked. */
    abstract void decode(int row, byte[] destination, int offset);

    final ModelFormatException refusal(int row, String found, String expected) {
        return ModelFormatException.of(file, tensor.name() + " row " + row, found, expected);
    }
}
