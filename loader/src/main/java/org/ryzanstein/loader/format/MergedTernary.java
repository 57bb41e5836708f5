package org.ryzanstein.loader.format;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.ryzanstein.api.weight.WeightSource;

/** Ternary matrices of the same width, one below the other. */
final class MergedTernary implements WeightSource.Ternary {
    private final List<WeightSource.Ternary> parts;
    /** First row of each part, and the number of rows at the end. */
    private final int[] starts;

    MergedTernary(List<WeightSource.Ternary> parts) {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("nothing to merge");
        }
        this.parts = List.copyOf(parts);
        this.starts = new int[parts.size() + 1];
        for (int i = 0; i < parts.size(); i++) {
            WeightSource.Ternary part = parts.get(i);
            if (part.columns() != parts.getFirst().columns()) {
                throw new IllegalArgumentException(part.name() + " has " + part.columns() + " columns, "
                        + parts.getFirst().name() + " has " + parts.getFirst().columns());
            }
            starts[i + 1] = Math.addExact(starts[i], part.rows());
        }
    }

    @Override
    public String name() {
        return parts.stream().map(WeightSource::name).collect(Collectors.joining("+"));
    }

    @Override
    public int rows() {
        return starts[starts.length - 1];
    }

    @Override
    public int columns() {
        return parts.getFirst().columns();
    }

    @Override
    public void readDigits(int row, byte[] destination, int offset) {
        int part = part(row);
        parts.get(part).readDigits(row - starts[part], destination, offset);
    }

    @Override
    public float scale(int row) {
        int part = part(row);
        return parts.get(part).scale(row - starts[part]);
    }

    private int part(int row) {
        Objects.checkIndex(row, rows());
        int part = 0;
        while (row >= starts[part + 1]) {
            part++;
        }
        return part;
    }
}
