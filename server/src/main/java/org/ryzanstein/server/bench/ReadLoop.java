package org.ryzanstein.server.bench;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
    /** Bytes that four streams of one thread read at least. */
    private static final long UNIT = 4L * Long.BYTES;

    private final List<MemorySegment> parts = new ArrayList<>();
    private final long bytes;

    /**
     * Writes to all of the memory, so that it is there.
     *
     * @param memory read in one pass, but for what doesn't divide by the threads
     * @param threads that share it
     */
    ReadLoop(MemorySegment memory, int threads) {
        // A part is indexed by int; 16 GB for each thread are more than any token reads.
        long perThread = Math.min(memory.byteSize() / threads, (long) Integer.MAX_VALUE * Long.BYTES) / UNIT * UNIT;
        if (perThread == 0) {
            throw new IllegalArgumentException(memory.byteSize() + " bytes for " + threads + " threads");
        }
        for (int member = 0; member < threads; member++) {
            parts.add(memory.asSlice(member * perThread, perThread));
        }
        this.bytes = perThread * threads;
        List<Thread> writers = new ArrayList<>();
        for (MemorySegment part : parts) {
            writers.add(Thread.ofPlatform().start(() -> part.fill((byte) 1)));
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
        CountDownLatch ready = new CountDownLatch(parts.size());
        CountDownLatch go = new CountDownLatch(1);
        long[] sums = new long[parts.size()];
        List<Thread> readers = new ArrayList<>();
        for (int member = 0; member < parts.size(); member++) {
            int own = member;
            readers.add(Thread.ofPlatform().daemon().start(() -> {
                ready.countDown();
                await(go);
                long sum = 0;
                for (int pass = 0; pass < passes; pass++) {
                    sum += sum(parts.get(own), streams) ^ pass;
                }
                sums[own] = sum;
            }));
        }
        await(ready);
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

    private static long sum(MemorySegment part, int streams) {
        return switch (streams) {
            case 1 -> sumOne(part);
            case 2 -> sumTwo(part);
            default -> sumFour(part);
        };
    }

    private static long at(MemorySegment part, long offset) {
        return part.get(ValueLayout.JAVA_LONG, offset);
    }

    private static long sumOne(MemorySegment part) {
        int count = (int) (part.byteSize() / Long.BYTES);
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += at(part, (long) i * Long.BYTES);
        }
        return sum;
    }

    private static long sumTwo(MemorySegment part) {
        long half = part.byteSize() / 2;
        int count = (int) (half / Long.BYTES);
        long a = 0;
        long b = 0;
        for (int i = 0; i < count; i++) {
            long offset = (long) i * Long.BYTES;
            a += at(part, offset);
            b += at(part, half + offset);
        }
        return a + b;
    }

    private static long sumFour(MemorySegment part) {
        long quarter = part.byteSize() / 4;
        int count = (int) (quarter / Long.BYTES);
        long a = 0;
        long b = 0;
        long c = 0;
        long d = 0;
        for (int i = 0; i < count; i++) {
            long offset = (long) i * Long.BYTES;
            a += at(part, offset);
            b += at(part, quarter + offset);
            c += at(part, 2 * quarter + offset);
            d += at(part, 3 * quarter + offset);
        }
        return a + b + c + d;
    }

    private static void await(CountDownLatch latch) {
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
