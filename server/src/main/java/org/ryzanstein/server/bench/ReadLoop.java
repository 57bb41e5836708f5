package org.ryzanstein.server.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Measures how fast memory can be read: each thread adds up the numbers of a part of its own, as a bound for everything that
 * must read as many bytes.
 */
final class ReadLoop {
    /** Long enough that a scheduler's time slice does not count. */
    private static final long LEAST_NANOS = 100_000_000;

    private static final int[] STREAMS = {1, 2, 4};

    private final long[][] parts;
    private final long bytes;

    /**
     * Takes memory and writes to all of it.
     *
     * @param bytes to read in one pass
     * @param threads that share them
     */
    ReadLoop(long bytes, int threads) {
        long perThread = Math.max(4, bytes / threads / Long.BYTES / 4 * 4);
        this.parts = new long[threads][Math.toIntExact(perThread)];
        this.bytes = perThread * threads * Long.BYTES;
        List<Thread> writers = new ArrayList<>();
        for (long[] part : parts) {
            writers.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < part.length; i++) {
                    part[i] = i;
                }
            }));
        }
        writers.forEach(ReadLoop::join);
    }

    /** Bytes read in one pass. */
    long bytes() {
        return bytes;
    }

    /**
     * Bytes a second of the fastest way to read: in one, two or four streams a thread, since which one is fastest depends on
     * the CPU's prefetchers. Each is measured over as many passes as take a tenth of a second, after one that does not count.
     */
    double measure() {
        double best = 0;
        for (int streams : STREAMS) {
            long pass = timed(streams, 1);
            int passes = Math.clamp(LEAST_NANOS / Math.max(1, pass), 1, 1_000_000);
            best = Math.max(best, (double) bytes * passes / timed(streams, passes) * 1e9);
        }
        return best;
    }

    /** Nanoseconds of some passes of all threads. */
    private long timed(int streams, int passes) {
        CountDownLatch ready = new CountDownLatch(parts.length);
        CountDownLatch go = new CountDownLatch(1);
        long[] sums = new long[parts.length];
        List<Thread> readers = new ArrayList<>();
        for (int member = 0; member < parts.length; member++) {
            int own = member;
            readers.add(Thread.ofPlatform().daemon().start(() -> {
                ready.countDown();
                awaitQuietly(go);
                long sum = 0;
                for (int pass = 0; pass < passes; pass++) {
                    sum += sum(parts[own], streams) ^ pass;
                }
                sums[own] = sum;
            }));
        }
        awaitQuietly(ready);
        long start = System.nanoTime();
        go.countDown();
        readers.forEach(ReadLoop::join);
        long nanos = System.nanoTime() - start;
        for (long sum : sums) {
            if (sum == Long.MIN_VALUE) {
                // Never so; the compiler can't know, hence it must read.
                return nanos + 1;
            }
        }
        return nanos;
    }

    private static long sum(long[] part, int streams) {
        return switch (streams) {
            case 1 -> sumOne(part);
            case 2 -> sumTwo(part);
            default -> sumFour(part);
        };
    }

    private static long sumOne(long[] part) {
        long sum = 0;
        for (long value : part) {
            sum += value;
        }
        return sum;
    }

    private static long sumTwo(long[] part) {
        int half = part.length / 2;
        long a = 0;
        long b = 0;
        for (int i = 0; i < half; i++) {
            a += part[i];
            b += part[half + i];
        }
        return a + b;
    }

    private static long sumFour(long[] part) {
        int quarter = part.length / 4;
        long a = 0;
        long b = 0;
        long c = 0;
        long d = 0;
        for (int i = 0; i < quarter; i++) {
            a += part[i];
            b += part[quarter + i];
            c += part[2 * quarter + i];
            d += part[3 * quarter + i];
        }
        return a + b + c + d;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException("the read loop was interrupted", e);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException("the read loop was interrupted", e);
        }
    }
}
