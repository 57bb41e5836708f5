package org.ryzanstein.loader.ranks;

/** How fast one thread reads memory, for the prediction by which a plan is chosen: a look of some 20 ms, not a benchmark. */
final class ReadSpeed {
    private static final int WORDS = 4 << 20;
    private static final int PASSES = 4;

    private ReadSpeed() {}

    static double bytesPerSecond() {
        long[] memory = new long[WORDS];
        long sum = 0;
        double best = 0;
        for (int pass = 0; pass < PASSES; pass++) {
            long start = System.nanoTime();
            sum += sum(memory);
            best = Math.max(best, (double) Long.BYTES * WORDS / Math.max(1, System.nanoTime() - start));
        }
        if (sum != 0) {
            throw new IllegalStateException("memory of zeros has the sum " + sum);
        }
        return best * 1e9;
    }

    private static long sum(long[] memory) {
        long sum = 0;
        for (long word : memory) {
            sum += word;
        }
        return sum;
    }
}
