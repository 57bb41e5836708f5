package org.ryzanstein.loader.sampling;

/**
 * Random numbers without a state: each is a function of (seed, position, draw), so a replayed request draws the same ones.
 *
 * <p>The generator is Philox4x32-10: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011, doi:10.1145/2063384.2063405. Key: the seed's low and high word. Counter: the position's low and high
 * word, the draw, zero.
 */
public final class CounterRandom {
    private static final int ROUNDS = 10;
    private static final long MULTIPLIER_0 = 0xD2511F53L;
    private static final long MULTIPLIER_1 = 0xCD9E8D57L;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;
    private static final long LOW_WORD = 0xFFFFFFFFL;
    private static final double TWO_TO_MINUS_53 = 0x1p-53;

    private CounterRandom() {}

    /** 64 random bits. */
    public static long bits(long seed, long position, int draw) {
        return philox((int) position, (int) (position >>> 32), draw, 0, (int) seed, (int) (seed >>> 32), 0);
    }

    /** A number from 0 (included) to 1 (excluded): the upper 53 of {@link #bits}. */
    public static double uniform(long seed, long position, int draw) {
        return (bits(seed, position, draw) >>> 11) * TWO_TO_MINUS_53;
    }

    /**
     * One block of Philox4x32-10, of which one half is returned.
     *
     * @param half 0: words 0 (low) and 1 (high) of the block; 1: words 2 and 3
     */
    static long philox(int counter0, int counter1, int counter2, int counter3, int key0, int key1, int half) {
        int c0 = counter0;
        int c1 = counter1;
        int c2 = counter2;
        int c3 = counter3;
        int k0 = key0;
        int k1 = key1;
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = MULTIPLIER_0 * (c0 & LOW_WORD);
            long product1 = MULTIPLIER_1 * (c2 & LOW_WORD);
            c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
            c1 = (int) product1;
            c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
            c3 = (int) product0;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
        return half == 0 ? pair(c0, c1) : pair(c2, c3);
    }

    private static long pair(int low, int high) {
        return ((long) high << 32) | (low & LOW_WORD);
    }
}
