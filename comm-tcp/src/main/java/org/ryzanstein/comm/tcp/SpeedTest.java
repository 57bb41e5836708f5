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
    private static final int ROUNDS = 25;
    private static final int LARGE_ROUNDS = 2;
    private static final int LARGE_WORDS = 1 << 16;
    private static final long SMALL_BUDGET_NANOS = 250_000_000L;
    private static final long LARGE_BUDGET_NANOS = 150_000_000L;

    /** It is enough when so many batches in a row were not faster than the best by more than a twentieth. */
    private static final int STEADY_BATCHES = 20;

    private final TcpCommunicator group;
    private final int[] verdict = new int[2];
    private final HostMemory told = HostMemory.of(verdict);

    private SpeedTest(TcpCommunicator group) {
        this.group = group;
    }

    static void tune(TcpCommunicator group, Duration deadline) {
        group.setDeadline(deadline);
        LinkSpeed speed = new SpeedTest(group).measure();
        group.tune(Tuning.of(speed, group.worldSize()));
        group.resetStatistics();
        group.setDeadline(TcpCommunicator.DEFAULT_DEADLINE);
    }

    private LinkSpeed measure() {
        long latency = best(1, ROUNDS, SMALL_BUDGET_NANOS);
        long large = best(LARGE_WORDS, LARGE_ROUNDS, LARGE_BUDGET_NANOS);
        double bytes = (group.worldSize() - 1.0) * LARGE_WORDS * ElementType.BYTES;
        verdict[0] = Math.clamp(latency, 1, Integer.MAX_VALUE);
        // A first formation runs cold code, so that the latency may be overstated; the bytes are not free for that.
        verdict[1] = Float.floatToRawIntBits((float) (bytes * 1e9 / Math.max(large / 2.0, (double) (large - latency))));
        group.broadcast(told, verdict.length, 0, HostQueue.INSTANCE).await();
        return new LinkSpeed(verdict[0], Float.intBitsToFloat(verdict[1]));
    }

    /** Least lower quartile of the times of a gather, in nanoseconds; a true one on rank 0 only. */
    private long best(int words, int rounds, long budget) {
        int size = group.worldSize();
        HostMemory send = HostMemory.of(new int[words]);
        HostMemory receive = HostMemory.matrix(
                MemorySegment.ofArray(new int[Math.multiplyExact(words, size)]), ElementType.INT32, words, size, size);
        HostMemory sendRow = HostMemory.matrix(send.memory(), ElementType.INT32, 1, words, words);
        HostMemory receiveRow = HostMemory.matrix(receive.memory(), ElementType.INT32, 1, words * size, words * size);
        int[] columns = new int[size];
        Arrays.fill(columns, words);
        long[] times = new long[rounds];
        long best = Long.MAX_VALUE;
        int steady = 0;
        long begun = System.nanoTime();
        do {
            for (int round = 0; round < rounds; round++) {
                long start = System.nanoTime();
                group.allGather(sendRow, receiveRow, columns, 1, HostQueue.INSTANCE)
                        .await();
                times[round] = System.nanoTime() - start;
            }
            Arrays.sort(times);
            steady = times[rounds / 4] < best - best / 20 ? 0 : steady + 1;
            best = Math.min(best, times[rounds / 4]);
            verdict[0] = System.nanoTime() - begun < budget && steady < STEADY_BATCHES ? 1 : 0;
            group.broadcast(told, verdict.length, 0, HostQueue.INSTANCE).await();
        } while (verdict[0] == 1);
        return best;
    }
}
