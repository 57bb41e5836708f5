package org.ryzanstein.loader.synthesize;

/**
 * A counter-based generator: word n of a stream is a hash of (seed, stream, n), so that any part of a stream can be made
 * without the parts before it. The hash is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
 */
final class CounterRandom {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final long base;

    CounterRandom(long seed, long stream) {
        this.base = mix(mix(seed + GOLDEN) ^ (stream * GOLDEN));
    }

    /** 64 random bits. */
    long word(long index) {
        return mix(base + index * GOLDEN);
    }

    /**
     * Ternary digits, each of the three with probability 1/3 to within 0.3 %.
     *
     * @param first index of the first digit in the stream; a multiple of 8
     * @param count number of digits; a multiple of 8
     */
    void digits(long first, byte[] destination, int count) {
        long index = first / 8;
        for (int i = 0; i < count; i += 8) {
            long word = word(index++);
            for (int k = 0; k < 8; k++) {
                int random = (int) (word >>> (8 * k)) & 0xFF;
                destination[i + k] = (byte) (((random * 3) >> 8) - 1);
            }
        }
    }

    /** A number in [-1, 1), one of 65,536. */
    float uniform(long index) {
        long word = word(index >> 2);
        return (short) (word >>> (16 * (index & 3))) * 0x1p-15f;
    }

    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
