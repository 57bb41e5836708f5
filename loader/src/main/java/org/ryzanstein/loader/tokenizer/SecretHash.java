package org.ryzanstein.loader.tokenizer;

import java.util.SplittableRandom;

/**
 * Hashes for tables with linear probing. Their factors are drawn at each start of the program: a file could be made so that
 * its tokens or merges all meet in one place of a table whose hashes are known, and reading it would take hours.
 */
final class SecretHash {
    private static final long SEED = new SplittableRandom().nextLong();
    /** Odd, so that different keys stay different. */
    private static final long FACTOR = new SplittableRandom().nextLong() | 1;

    private SecretHash() {}

    /** A hash in its high bits (Dietzfelbinger et al., A Reliable Randomized Algorithm for the Closest-Pair Problem, 1997). */
    static long of(long key) {
        return key * FACTOR;
    }

    /** A hash of the first bytes of an array, in all of its bits. */
    static int of(byte[] bytes, int length) {
        long hash = SEED + length;
        for (int i = 0; i < length; i++) {
            hash = (hash + bytes[i]) * FACTOR;
            hash ^= hash >>> 29;
        }
        return (int) ((hash * FACTOR) >>> 32);
    }
}
