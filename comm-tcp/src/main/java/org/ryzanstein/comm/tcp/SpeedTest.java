package org.ryzanstein.comm.tcp;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.comm.LinkSpeed;
import org.ryzanstein.api.kernel.ElementType;

/**
 * Measures the connections of a new group by gathers of a few bytes and of many. Rank 0 keeps the time, says when it is enough,
 * and tells the result to all, so that all choose alike.
 */
final class SpeedTest {
    private static final int MAX_ROUNDS = 25;
    private static final int MAX_LARGE_ROUNDS = 2;
    private static final int LARGE_WORDS = 1 << 16;
    private static final long SMALL_BUDGET_NANOS = 250_000_000L;
    private static final long LARGE_BUDGET_NANOS = 150_000_000L;

    /** In a process that has measured before, and whose code is therefore compiled, a tenth is enough. */
    private static final int AGAIN = 10;

    /**
     * It is enough when so many batches in a row were not faster than the best by more than a twentieth. Cold code is as slow
     * for 20 ms and more, until its compilation comes.
     */
    private static final int STEADY_BATCHES = 100;

    private final TcpCommunicator group;
    private final int[] verdict = new int[2];
    private final HostMemory told = HostMemory.of(verdict);

    private SpeedTest(TcpCommunicator group) {
        this.group = group;
    }

    /**
     * Measures and chooses.
     *
     * @param again whether this process has measured before
     */
    static LinkSpeed tune(TcpCommunicator group, Duration deadline, boolean again) {
        group.setDeadline(deadline);
        LinkSpeed speed = new SpeedTest(group).measure(again ? AGAIN : 1);
        group.tune(Tuning.of(speed, group.worldSize()));
        group.resetStatistics();
        group.setDeadline(TcpCommunicator.DEFAULT_DEADLINE);
        return speed;
    }

    private LinkSpeed measure(int part) {
        long latency = best(1, MAX_ROUNDS, SMALL_BUDGET_NANOS / part);
        long large = best(LARGE_WORDS, MAX_LARGE_ROUNDS, LARGE_BUDGET_NANOS / part);
        double bytes = (group.worldSize() - 1.0) * LARGE_WORDS * ElementType.BYTES;
        verdict[0] = Math.clamp(latency, 1, Integer.MAX_VALUE);
        // A first formation runs cold code, so that the latency may be overstated; the bytes are not free for that.
        verdict[1] = Float.floatToRawIntBits((float) (bytes * 1e9 / Math.max(large / 2.0, (double) (large - latency))));
        group.broadcast(told, verdict.length, 0, HostQueue.INSTANCE).await();
        return new LinkSpeed(verdict[0], Float.intBitsToFloat(verdict[1]));
    }

    /**
     * Least lower quartile of the times of a gather, in nanoseconds; a true one on rank 0 only. Ranks out of step take turns in
     * waiting: one gather takes nothing and the next one twice the time. So the mean of two neighbours counts.
     */
    private long best(int words, int maxRounds, long budget) {
        int size = group.worldSize();
        HostMemory send = HostMemory.of(new int[words]);
        HostMemory receive = HostMemory.matrix(
                MemorySegment.ofArray(new int[Math.multiplyExact(words, size)]), ElementType.INT32, words, size, size);
        HostMemory sendRow = HostMemory.matrix(send.memory(), ElementType.INT32, 1, words, words);
        HostMemory receiveRow = HostMemory.matrix(receive.memory(), ElementType.INT32, 1, words * size, words * size);
        int[] columns = new int[size];
        Arrays.fill(columns, words);
        long[] times = new long[maxRounds];
        long best = Long.MAX_VALUE;
        int steady = 0;
        int rounds = 1;
        long begun = System.nanoTime();
        do {
            for (int round = 0; round < rounds; round++) {
                long start = System.nanoTime();
                group.allGather(sendRow, receiveRow, columns, 1, HostQueue.INSTANCE)
                        .await();
                times[round] = System.nanoTime() - start;
            }
            for (int round = 0; round < rounds - 1; round++) {
                times[round] = (times[round] + times[round + 1]) / 2;
            }
            int pairs = Math.max(1, rounds - 1);
            Arrays.sort(times, 0, pairs);
            long quartile = times[pairs / 4];
            steady = quartile < best - best / 20 ? 0 : steady + 1;
            best = Math.min(best, quartile);
            // A slow link is asked less often: no batch may take more than about a quarter of the time.
            long left = steady < STEADY_BATCHES ? budget - (System.nanoTime() - begun) : 0;
            verdict[0] = left < best ? 0 : Math.clamp(budget / 4 / Math.max(best, 1), 1, maxRounds);
            group.broadcast(told, verdict.length, 0, HostQueue.INSTANCE).await();
            rounds = verdict[0];
        } while (rounds > 0);
        return best;
    }
}
