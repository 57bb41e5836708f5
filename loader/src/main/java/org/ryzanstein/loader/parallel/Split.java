package org.ryzanstein.loader.parallel;

import java.util.Arrays;

/** How a dimension is shared out: which range of it each rank holds. Ranges are in rank order; a rank's may be empty. */
public final class Split {
    private final int size;
    private final Range[] ranges;

    private Split(int size, Range[] ranges) {
        this.size = size;
        this.ranges = ranges;
    }

    /**
     * In whole units of {@code unit}, the last one short where it must be; ranks in front hold one unit more than those behind
     * where they do not come out even.
     */
    public static Split even(int size, int unit, int ranks) {
        int units = Math.ceilDiv(size, unit);
        Range[] ranges = new Range[ranks];
        int first = 0;
        int nextUnit = 0;
        for (int rank = 0; rank < ranks; rank++) {
            nextUnit += units / ranks + (rank < units % ranks ? 1 : 0);
            int end = (int) Math.min(size, (long) nextUnit * unit);
            ranges[rank] = new Range(first, end - first);
            first = end;
        }
        return new Split(size, ranges);
    }

    /** Nothing is shared out: each rank holds all of it. */
    public static Split replicated(int size, int ranks) {
        Range[] ranges = new Range[ranks];
        Arrays.fill(ranges, new Range(0, size));
        return new Split(size, ranges);
    }

    /** The whole dimension. */
    public int size() {
        return size;
    }

    public int ranks() {
        return ranges.length;
    }

    public Range of(int rank) {
        return ranges[rank];
    }

    /** What each rank holds, each element of the dimension standing for {@code width} of something. */
    public int[] counts(int width) {
        return Arrays.stream(ranges)
                .mapToInt(range -> range.times(width).count())
                .toArray();
    }
}
