package org.ryzanstein.loader.quantize;

import java.util.Objects;
import org.ryzanstein.api.weight.WeightSource;

/** A vector in memory. */
record VectorSource(String name, float[] values) implements WeightSource.Floats {
    @Override
    public int rows() {
        return 1;
    }

    @Override
    public int columns() {
        return values.length;
    }

    @Override
    public WeightSource.FloatFormat format() {
        return WeightSource.FloatFormat.FLOAT32;
    }

    @Override
    public void readFloats(int row, float[] destination, int offset) {
        Objects.checkIndex(row, 1);
        System.arraycopy(values, 0, destination, offset, values.length);
    }
}
