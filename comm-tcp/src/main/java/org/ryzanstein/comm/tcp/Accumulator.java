package org.ryzanstein.comm.tcp;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.ElementType;

/**
 * The combination of what all ranks give for one range of words, built while it comes in. Integers may be combined in any
 * order, so each part is added when it comes, and where the result is not what this rank still sends, at its place at once. Parts
 * of floats are kept until those of all ranks are there and are then combined in rank order. The arrays are used again for later
 * calls.
 */
final class Accumulator {
    private final int self;

    /** The parts of each rank; the first one becomes the combination. Integers that are combined at their place need none. */
    private final int[][] parts;

    /** Some words of the combination and of one part, from index 0 on, where loops become vector code. */
    private final int[] run = new int[Packing.MAX_RUN_WORDS];

    private final int[] part = new int[Packing.MAX_RUN_WORDS];

    private Matrix source = new Matrix();
    private @Nullable Matrix place;
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

    /**
     * The range of words: {@code count} from {@code from} on in a range of columns of what this rank gives.
     *
     * @param result where its words belong, as soon as they are there; null: that is not to be touched before all is over
     */
    void range(Matrix own, int column, int columns, int from, int count, @Nullable Matrix result) {
        source = own;
        firstColumn = column;
        width = columns;
        start = from;
        place = anyOrder() ? result : null;
        int kept = !anyOrder() ? parts.length : place == null ? 1 : 0;
        for (int rank = 0; rank < kept; rank++) {
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
        for (int size = packing.size(); size > 0; size = packing.size()) {
            before(at, size);
            if (operation == ReduceOperation.SUM) {
                packing.addNext(run);
            } else {
                packing.next();
                Reduction.combine(type, operation, run, packing.words(), size);
            }
            after(at, size);
            at += size;
            done = Math.max(done, at);
        }
    }

    /** Reads what some words are combined with: earlier parts, or this rank's own one. */
    private void before(int at, int count) {
        int old = Math.clamp((long) done - at, 0, count);
        if (place == null) {
            System.arraycopy(parts[0], at, run, 0, old);
        } else {
            place.read(0, place.columns(), at, old, run, 0);
        }
        source.read(firstColumn, width, start + at + old, count - old, run, old);
    }

    private void after(int at, int count) {
        if (place == null) {
            System.arraycopy(run, 0, parts[0], at, count);
        } else {
            place.write(0, place.columns(), at, count, run, 0);
        }
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

    /** Puts the leading words, which all ranks have given, where the result belongs. */
    void store(Matrix result, int count) {
        if (place == null) {
            result.write(0, result.columns(), 0, count, combined(count), 0);
            return;
        }
        while (done < count) {
            int size = Math.min(run.length, count - done);
            before(done, size);
            after(done, size);
            done += size;
        }
    }
}
