package org.ryzanstein.loader.format;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.ryzanstein.api.weight.WeightSource;

/** Plain floats straight from the file, which stay there as long as it is open. */
final class FloatSource implements WeightSource.Floats {
    private final TensorInfo tensor;
    private final RowFormat format;
    private final int rows;
    private final int columns;

    FloatSource(TensorInfo tensor, int rows, int columns) {
        this.tensor = tensor;
        this.format = RowFormat.of(tensor.type());
        this.rows = rows;
        this.columns = columns;
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
    public WeightSource.FloatFormat format() {
        return switch (format) {
            case F32 -> WeightSource.FloatFormat.FLOAT32;
            case F16 -> WeightSource.FloatFormat.FLOAT16;
            case BF16 -> WeightSource.FloatFormat.BFLOAT16;
        };
    }

    @Override
    public void readFloats(int row, float[] destination, int offset) {
        Objects.checkIndex(row, rows);
        format.decode(tensor.data(), (long) row * columns, destination, offset, columns);
    }

    @Override
    public MemorySegment stored() {
        return tensor.data();
    }
}
