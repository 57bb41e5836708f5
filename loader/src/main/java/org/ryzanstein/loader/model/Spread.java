package org.ryzanstein.loader.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
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
 * @param own this rank's columns, or one column of zeros where it has none
 * @param all all columns; null if no rank needs them
 * @param columns of each rank
 * @param range of this rank's columns
 */
record Spread(Buffer own, @Nullable Buffer all, int[] columns, Range range) {
    /**
     * To be gathered: the own columns are a view of all.
     *
     * @param split what is shared out
     * @param width columns of each of its elements
     */
    static Spread gathered(KernelBackend backend, int tokens, Shard shard, Split split, int width) {
        Buffer all = floats(backend, tokens, Math.multiplyExact(split.size(), width));
        Range range = split.of(shard.rank()).times(width);
        Buffer own = range.isEmpty() ? floats(backend, tokens, 1) : all.slice(range.first(), range.count());
        return new Spread(own, all, split.counts(width), range);
    }

    /** The own columns and all of them in buffers apart, of which a step uses one: rows that lie together are read faster. */
    static Spread apart(KernelBackend backend, int tokens, Shard shard, Split split) {
        Range range = split.of(shard.rank());
        return new Spread(
                floats(backend, tokens, Math.max(1, range.count())),
                floats(backend, tokens, split.size()),
                split.counts(1),
                range);
    }

    /** Own columns that no other rank needs. */
    static Spread parts(Buffer own, Shard shard, Split split, int width) {
        return new Spread(own, null, split.counts(width), split.of(shard.rank()).times(width));
    }

    /** All columns, computed here. */
    static Spread local(Buffer whole) {
        return new Spread(whole, whole, new int[] {whole.columns()}, new Range(0, whole.columns()));
    }

    private static Buffer floats(KernelBackend backend, int tokens, int columns) {
        return backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, columns);
    }

    /** All columns. */
    Buffer whole() {
        if (all == null) {
            throw new IllegalStateException("columns " + Arrays.toString(columns) + " of ranks that are not gathered");
        }
        return all;
    }

    /** How many columns there are in all. */
    int width() {
        return all == null ? Arrays.stream(columns).sum() : all.columns();
    }

    /** Whether every rank computes all of it, so that nothing has to be gathered. */
    boolean isLocal() {
        return Arrays.stream(columns).allMatch(count -> count == width());
    }
}
