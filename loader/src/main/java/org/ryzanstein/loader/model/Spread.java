package org.ryzanstein.loader.model;

import java.util.Arrays;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.loader.parallel.Range;
import org.ryzanstein.loader.parallel.Shard;
import org.ryzanstein.loader.parallel.Split;

/**
 * A row of activations that ranks compute by parts, in rank order.
 *
 * @param own this rank's columns: a view of {@code whole}, or one column of zeros where it has none
 * @param whole all columns
 * @param columns of each rank
 * @param range of this rank's columns
 */
record Spread(Buffer own, Buffer whole, int[] columns, Range range) {
    /**
     * Allocates it.
     *
     * @param split what is shared out
     * @param width columns of each of its elements
     */
    static Spread allocate(KernelBackend backend, int tokens, Shard shard, Split split, int width) {
        Buffer whole = floats(backend, tokens, Math.multiplyExact(split.size(), width));
        Range range = split.of(shard.rank()).times(width);
        Buffer own = range.isEmpty() ? floats(backend, tokens, 1) : whole.slice(range.first(), range.count());
        return new Spread(own, whole, split.counts(width), range);
    }

    /** All columns, computed here. */
    static Spread local(Buffer whole) {
        return new Spread(whole, whole, new int[] {whole.columns()}, new Range(0, whole.columns()));
    }

    private static Buffer floats(KernelBackend backend, int tokens, int columns) {
        return backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, columns);
    }

    /** Whether every rank computes all of it, so that nothing has to be gathered. */
    boolean isLocal() {
        return Arrays.stream(columns).allMatch(count -> count == whole.columns());
    }
}
