package org.ryzanstein.loader.tokenizer;

/**
 * Merges the symbols of one word: as long as some neighbouring pair has a merge, the pair of least rank, the leftmost of
 * equals, becomes one symbol. (Sennrich, Haddow, Birch: Neural Machine Translation of Rare Words with Subword Units,
 * 2016.)
 *
 * <p>Nearly all words are short, and for them scanning the row of ranks for its minimum is quickest. Longer ones go
 * through a heap over a linked list, in O(n log n): a megabyte of one letter is one word. Both give the same tokens. The
 * arrays are kept for the next word; for one thread at a time.
 */
final class WordMerger {
    /** Words up to this many bytes are scanned. */
    static final int SCAN_LIMIT = 32;

    private static final int NO_RANK = Integer.MAX_VALUE;

    private final MergeTable merges;
    private final Finds finds;
    private int[] ids = new int[SCAN_LIMIT];
    private int[] ranks = new int[SCAN_LIMIT]; // of the pair that begins at this symbol
    private int[] merged = new int[SCAN_LIMIT]; // what that pair becomes
    private int[] next = new int[0];
    private int[] previous = new int[0];
    private final LongHeap queue = new LongHeap(); // rank << 32 | position

    WordMerger(MergeTable merges) {
        this(merges, (left, right, merged) -> {});
    }

    /** @param finds is told of every pair that could be merged, in the order in which they are come upon */
    WordMerger(MergeTable merges, Finds finds) {
        this.merges = merges;
        this.finds = finds;
    }

    /** Room for a word of {@code length} symbols, to be filled in before {@link #merge}. */
    int[] symbols(int length) {
        if (ids.length < length) {
            int room = Math.addExact(length, length >> 1);
            ids = new int[room];
            ranks = new int[room];
            merged = new int[room];
        }
        return ids;
    }

    /** Merges the first {@code length} symbols and adds the result to {@code out}. */
    void merge(int length, IntList out) {
        if (length <= SCAN_LIMIT) {
            mergeByScan(length, out);
        } else {
            mergeByQueue(length, out);
        }
    }

    void mergeByScan(int length, IntList out) {
        int last = length - 1; // no pair begins at the last symbol
        for (int i = 0; i < last; i++) {
            look(i, i + 1);
        }
        while (last > 0) {
            int best = 0;
            for (int i = 1; i < last; i++) {
                if (ranks[i] < ranks[best]) {
                    best = i;
                }
            }
            if (ranks[best] == NO_RANK) {
                break;
            }
            ids[best] = merged[best];
            System.arraycopy(ids, best + 2, ids, best + 1, last - best - 1);
            System.arraycopy(ranks, best + 2, ranks, best + 1, last - best - 1);
            System.arraycopy(merged, best + 2, merged, best + 1, last - best - 1);
            last--;
            if (best > 0) {
                look(best - 1, best);
            }
            if (best < last) {
                look(best, best + 1);
            }
        }
        for (int i = 0; i <= last; i++) {
            out.add(ids[i]);
        }
    }

    void mergeByQueue(int length, IntList out) {
        if (next.length < length) {
            next = new int[ids.length];
            previous = new int[ids.length];
        }
        for (int i = 0; i < length; i++) {
            next[i] = i + 1;
            previous[i] = i - 1;
        }
        ranks[length - 1] = NO_RANK;
        for (int i = 0; i + 1 < length; i++) {
            enqueue(i, i + 1);
        }
        while (!queue.isEmpty()) {
            long least = queue.poll();
            int at = (int) least;
            if (ranks[at] != (int) (least >>> 32)) {
                continue; // a pair that is no more
            }
            int right = next[at];
            int after = next[right];
            ids[at] = merged[at];
            ranks[at] = NO_RANK;
            ranks[right] = NO_RANK;
            next[at] = after;
            if (previous[at] >= 0) {
                enqueue(previous[at], at);
            }
            if (after < length) {
                previous[after] = at;
                enqueue(at, after);
            }
        }
        for (int i = 0; i < length; i = next[i]) {
            out.add(ids[i]);
        }
    }

    private void enqueue(int left, int right) {
        look(left, right);
        if (ranks[left] != NO_RANK) {
            queue.add((long) ranks[left] << 32 | left);
        }
    }

    private void look(int left, int right) {
        long found = merges.find(ids[left], ids[right]);
        if (found == MergeTable.NONE) {
            ranks[left] = NO_RANK;
        } else {
            ranks[left] = (int) (found >>> 32);
            merged[left] = (int) found;
            finds.pair(ids[left], ids[right], merged[left]);
        }
    }

    /** Takes the pairs that could be merged. */
    @FunctionalInterface
    interface Finds {
        void pair(int left, int right, int merged);
    }
}
