package org.ryzanstein.loader.sampling;

/** How often each token occurred: a hash table with linear probing, whose size follows the number of different tokens. */
final class TokenCounts {
    private static final int FIRST_CAPACITY = 64;
    private static final int FIBONACCI = 0x9E3779B9;

    /** Token + 1; 0 is a free slot. */
    private int[] keys = new int[FIRST_CAPACITY];

    private int[] counts = new int[FIRST_CAPACITY];
    private int used;

    void add(int token) {
        if (used * 2 >= keys.length) {
            rehash();
        }
        counts[claim(token)]++;
    }

    /** Takes back one {@link #add} of this token. */
    void remove(int token) {
        counts[claim(token)]--;
    }

    int slots() {
        return keys.length;
    }

    /** Token of a slot; its count may be zero. */
    int token(int slot) {
        return keys[slot] - 1;
    }

    /** Count of a slot; zero for free ones. */
    int count(int slot) {
        return counts[slot];
    }

    private int claim(int token) {
        int mask = keys.length - 1;
        int slot = (token * FIBONACCI) >>> Integer.numberOfLeadingZeros(mask);
        while (keys[slot] != token + 1) {
            if (keys[slot] == 0) {
                keys[slot] = token + 1;
                used++;
                break;
            }
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    /** Drops the tokens that left, and doubles the table if the others need it. */
    private void rehash() {
        int[] oldKeys = keys;
        int[] oldCounts = counts;
        int live = 0;
        for (int count : oldCounts) {
            live += count > 0 ? 1 : 0;
        }
        int capacity = live * 4 > oldKeys.length ? oldKeys.length * 2 : oldKeys.length;
        keys = new int[capacity];
        counts = new int[capacity];
        used = 0;
        for (int slot = 0; slot < oldKeys.length; slot++) {
            if (oldCounts[slot] > 0) {
                counts[claim(oldKeys[slot] - 1)] = oldCounts[slot];
            }
        }
    }
}
