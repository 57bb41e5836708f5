package org.ryzanstein.comm.tcp;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.ElementType;

/**
 * The combination of what all ranks give for one range of words, built while it comes in. Integers may be combined in any
 * order, so each part is added when it comes. Parts of floats are kept until those of all ranks are there and are then combined
 * in rank order. The arrays are used again for later calls.
 */
final class Accumulator {
    private final int self;

    /** The parts of each rank; the first one becomes the combination. */
    private final int[][] parts;

    /** Some words of the combination and of one part, from index 0 on, where loops become vector code. */
    private final int[] run = new int[Packing.MAX_RUN_WORDS];

    private final int[] part = new int[Packing.MAX_RUN_WORDS];

    private Matrix source = new Matrix();
    private ElementType type = ElementType.INT32;
    private ReduceOperation operation = ReduceOperation.SUM;
    private int firstColumn;
    private int width;
    private int start;

    /** How many leading words this rank's own part was added to, or have been combined. */
    private int done;

    Accumulator(int self, int worldSize) {
        this.self = self;
        parts = new int[worldSize][0];
    }

    void begin(ElementType elementType, ReduceOperation reduce) {
        type = elementType;
        operation = reduce;
        done = 0;
    }

    /** The range of words: {@code count} from {@code from} on in a range of columns of what this rank gives. */
    void range(Matrix own, int column, int columns, int from, int count) {
        source = own;
        firstColumn = column;
        width = columns;
        start = from;
        for (int rank = 0; rank < (anyOrder() ? 1 : parts.length); rank++) {
            if (parts[rank].length < count) {
                parts[rank] = new int[count];
            }
        }
    }

    private boolean anyOrder() {
        return type == ElementType.INT32;
    }

    /** Takes words of another rank. */
    void add(int rank, int first, int count, int mask, MemorySegment in, long offset, Packing packing) {
        if (!anyOrder()) {
            MemorySegment.copy(in, ValueLayout.JAVA_INT_UNALIGNED, offset, parts[rank], first, count);
            return;
        }
        packing.begin(mask, count, in, offset);
        int at = first;
        for (int size = packing.next(); size > 0; size = packing.next()) {
            before(at, size);
            Reduction.combine(type, operation, run, packing.words(), size);
            System.arraycopy(run, 0, parts[0], at, size);
            at += size;
            done = Math.max(done, at);
        }
    }

    /** Reads what some words are combined with: earlier parts, or this rank's own one. */
    private void before(int at, int count) {
        int old = Math.clamp((long) done - at, 0, count);
        System.arraycopy(parts[0], at, run, 0, old);
        source.read(firstColumn, width, start + at + old, count - old, run, old);
    }

    /** The combination of the leading words, which all ranks have given. */
    int[] combined(int end) {
        int own = anyOrder() ? 0 : self;
        if (end > done) {
            source.read(firstColumn, width, start + done, end - done, parts[own], done);
        }
        while (done < end && !anyOrder()) {
            int size = Math.min(run.length, end - done);
            System.arraycopy(parts[0], done, run, 0, size);
            for (int rank = 1; rank < parts.length; rank++) {
                System.arraycopy(parts[rank], done, part, 0, size);
                Reduction.combine(type, operation, run, part, size);
            }
            System.arraycopy(run, 0, parts[0], done, size);
            done += size;
        }
        done = Math.max(done, end);
        return parts[0];
    }
}
