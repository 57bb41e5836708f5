package org.ryzanstein.api.comm;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Counts operations and their times for a communicator. Counting allocates nothing. Each power of two of nanoseconds is cut
 * into 16 steps, so that a quantile is never off by more than 1/16 of itself.
 */
public final class OperationTally {
    private static final int STEP_BITS = 4;
    private static final int STEPS = 1 << STEP_BITS;
    private static final int CELLS = (Long.SIZE - STEP_BITS) * STEPS;

    /** Counts of one kind. */
    private static final class Cells {
        private final long[] counts = new long[CELLS];
        private long count;
        private long bytes;
        private long wireBytes;
        private long total;
        private long min = Long.MAX_VALUE;
        private long max;
    }

    private final Map<OperationKind, Cells> kinds = new EnumMap<>(OperationKind.class);

    /** Nothing is counted yet. */
    public OperationTally() {}

    /**
     * Counts one operation that ended well.
     *
     * @param bytes of the caller's buffers
     * @param wireBytes that were sent for it
     */
    public synchronized void count(OperationKind kind, long bytes, long wireBytes, long nanos) {
        long time = Math.max(0, nanos);
        Cells cells = kinds.get(kind);
        if (cells == null) {
            cells = new Cells();
            kinds.put(kind, cells);
        }
        cells.counts[cellOf(time)]++;
        cells.count++;
        cells.bytes += bytes;
        cells.wireBytes += wireBytes;
        cells.total += time;
        cells.min = Math.min(cells.min, time);
        cells.max = Math.max(cells.max, time);
    }

    public synchronized List<OperationStatistics> statistics() {
        List<OperationStatistics> all = new ArrayList<>();
        kinds.forEach((kind, cells) -> all.add(new OperationStatistics(
                kind,
                cells.count,
                cells.bytes,
                cells.wireBytes,
                cells.total,
                cells.min,
                quantile(cells, 0.5),
                quantile(cells, 0.95),
                quantile(cells, 0.99),
                cells.max)));
        return List.copyOf(all);
    }

    public synchronized void reset() {
        kinds.clear();
    }

    private static long quantile(Cells cells, double part) {
        long wanted = (long) Math.ceil(part * cells.count);
        long seen = 0;
        int cell = 0;
        while (cell < CELLS - 1) {
            seen += cells.counts[cell];
            if (seen >= wanted) {
                break;
            }
            cell++;
        }
        return Math.clamp(lowerBound(cell), cells.min, cells.max);
    }

    private static int cellOf(long nanos) {
        int bits = Long.SIZE - Long.numberOfLeadingZeros(nanos);
        if (bits <= STEP_BITS) {
            return (int) nanos;
        }
        int shift = bits - STEP_BITS - 1;
        return (shift << STEP_BITS) + (int) (nanos >>> shift);
    }

    private static long lowerBound(int cell) {
        if (cell < 2 * STEPS) {
            return cell;
        }
        int shift = (cell >> STEP_BITS) - 1;
        return (long) (cell - (shift << STEP_BITS)) << shift;
    }
}
