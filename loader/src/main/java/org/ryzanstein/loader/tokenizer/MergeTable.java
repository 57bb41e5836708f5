package org.ryzanstein.loader.tokenizer;

import java.util.Arrays;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * The merges of a byte-pair encoding: (left id, right id) to rank and merged id. Open addressing with key and value side
 * by side, since a lookup is one cache miss and there are several for every token.
 */
final class MergeTable {
    /** More merges than any published vocabulary has; a larger count is a damaged file. */
    static final int MAX_MERGES = 1 << 24;

    /** No merge. */
    static final long NONE = -1;

    private final long[] table; // (capacity * 2): left << 32 | right, then rank << 32 | merged
    private final int shift;
    private int size;

    /** @param capacity how many merges there will be */
    MergeTable(String source, String field, int capacity) {
        if (capacity > MAX_MERGES) {
            throw ModelFormatException.of(source, field, capacity + " merges", "at most " + MAX_MERGES);
        }
        int slots = Integer.highestOneBit(Math.max(8, capacity + (capacity >> 1))) << 1;
        table = new long[slots * 2];
        Arrays.fill(table, NONE);
        shift = Long.numberOfLeadingZeros(slots) + 1;
    }

    /**
     * Adds the merge of "left right", whose rank is the number of merges so far.
     *
     * @param source the file and {@code field} the list of merges, for messages
     */
    void add(String source, String field, String left, String right, Vocabulary vocabulary) {
        int leftId = id(source, field, left, vocabulary);
        int rightId = id(source, field, right, vocabulary);
        int mergedId = id(source, field, left + right, vocabulary);
        long key = key(leftId, rightId);
        int slot = slot(key);
        if (table[slot + 1] != NONE) {
            throw ModelFormatException.of(
                    source,
                    field,
                    "the pair " + Messages.quote(left) + " " + Messages.quote(right) + " as merge "
                            + (table[slot + 1] >>> 32) + " and as merge " + size,
                    "each pair once");
        }
        table[slot] = key;
        table[slot + 1] = (long) size << 32 | mergedId;
        size++;
    }

    /** Adds a merge of any rank; the pair must be new, and there must be room for it. */
    void put(int left, int right, int rank, int merged) {
        long key = key(left, right);
        int slot = slot(key);
        table[slot] = key;
        table[slot + 1] = (long) rank << 32 | merged;
        size++;
    }

    private int id(String source, String field, String token, Vocabulary vocabulary) {
        return vocabulary
                .id(token)
                .orElseThrow(() -> ModelFormatException.of(
                        source, field, "merge " + size + " with " + Messages.quote(token), "tokens of the vocabulary"));
    }

    int size() {
        return size;
    }

    /** {@code rank << 32 | merged id}, or {@link #NONE}. */
    long find(int left, int right) {
        return table[slot(key(left, right)) + 1];
    }

    /** The index of a key's entry, or of the free entry where it belongs. */
    private int slot(long key) {
        int mask = table.length - 2;
        int slot = (int) (SecretHash.of(key) >>> shift) << 1;
        while (table[slot + 1] != NONE && table[slot] != key) {
            slot = (slot + 2) & mask;
        }
        return slot;
    }

    private static long key(int left, int right) {
        return (long) left << 32 | right;
    }
}
