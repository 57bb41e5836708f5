package org.ryzanstein.server.bench;

import java.util.Arrays;
import java.util.List;

/** Measured values of one thing, in the order in which they were measured; at least one. */
public record Samples(double[] values) {
    public Samples {
        values = values.clone();
        if (values.length == 0) {
            throw new IllegalArgumentException("no samples");
        }
    }

    static Samples of(List<Double> values) {
        return new Samples(values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    @Override
    public double[] values() {
        return values.clone();
    }

    /** The middle one; of an even number the mean of the two in the middle. */
    public double median() {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    public double min() {
        return Arrays.stream(values).min().orElseThrow();
    }

    public double max() {
        return Arrays.stream(values).max().orElseThrow();
    }
}
