package org.ryzanstein.loader.template;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Hashes of keys that have no order among themselves, so that a hash table cannot help itself when many collide: they
 * are mixed with numbers that a template does not know. Strings need none, they are ordered.
 */
final class SecretHash {
    private static final long SEED = new SplittableRandom().nextLong();
    private static final long FACTOR = new SplittableRandom().nextLong() | 1;

    private SecretHash() {}

    static int of(long bits) {
        long hash = (bits ^ SEED) * FACTOR;
        hash = (hash ^ (hash >>> 32)) * FACTOR;
        return (int) (hash >>> 32);
    }

    static int of(List<Value> items) {
        long hash = SEED;
        for (Value item : items) {
            hash = (hash ^ (item instanceof Value.Str s ? ofChars(s.chars()) : item.hashCode())) * FACTOR;
        }
        return of(hash);
    }

    private static long ofChars(String chars) {
        long hash = SEED;
        for (int i = 0; i < chars.length(); i++) {
            hash = (hash + chars.charAt(i)) * FACTOR;
            hash ^= hash >>> 29;
        }
        return hash;
    }
}
