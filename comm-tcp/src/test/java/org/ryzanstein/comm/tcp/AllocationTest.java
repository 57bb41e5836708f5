package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.comm.Operation;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.ElementType;

/**
 * Operations allocate nothing once their scratch memory is there and their code is compiled: the least of several windows of many
 * operations counts.
 */
class AllocationTest {
    private static final int WINDOWS = 8;
    private static final int ROUNDS = 500;
    private static final int COUNT = 2560;

    @Test
    void operationsOverSocketsAllocateNothing() {
        assertThatNothingIsAllocated(TcpRanks.openWithoutSharedMemory(2));
    }

    @Test
    void operationsOverSharedMemoryAllocateNothing() {
        assertThatNothingIsAllocated(TcpRanks.open(2));
    }

    private static void assertThatNothingIsAllocated(List<Communicator> ranks) {
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<Long>> counts = ranks.stream()
                    .map(rank -> threads.submit(() -> measure(rank)))
                    .toList();
            // The counter itself allocates a little; this is less than a byte for each of eight operations a round.
            assertThat(counts)
                    .allSatisfy(count -> assertThat(TcpRanks.value(count)).isLessThan(8 * ROUNDS));
        } finally {
            ranks.forEach(Communicator::close);
        }
    }

    private static long measure(Communicator rank) {
        int[] columns = {COUNT, COUNT};
        HostMemory vector = HostMemory.of(new int[COUNT]);
        HostMemory large = HostMemory.of(new float[10 * COUNT]);
        HostMemory sums = HostMemory.of(new int[10 * COUNT]);
        HostMemory row = HostMemory.matrix(vector.memory(), ElementType.INT32, 1, COUNT, COUNT);
        HostMemory all = HostMemory.matrix(
                MemorySegment.ofArray(new int[2 * COUNT]), ElementType.INT32, 1, 2 * COUNT, 2 * COUNT);
        long least = Long.MAX_VALUE;
        for (int window = 0; window < WINDOWS; window++) {
            rank.barrier();
            long before = RankMain.allocated();
            for (int round = 0; round < ROUNDS; round++) {
                Operation reduce = rank.allReduce(vector, COUNT, ReduceOperation.SUM, HostQueue.INSTANCE);
                Operation packed = rank.allReduce(sums, 10 * COUNT, ReduceOperation.SUM, HostQueue.INSTANCE);
                Operation maximum = rank.allReduce(large, 10 * COUNT, ReduceOperation.MAX, HostQueue.INSTANCE);
                reduce.await();
                packed.await();
                maximum.await();
                rank.allGather(row, all, columns, 1, HostQueue.INSTANCE).await();
                rank.reduceScatter(all, row, columns, 1, ReduceOperation.SUM, HostQueue.INSTANCE)
                        .await();
                rank.broadcast(vector, COUNT, round % 2, HostQueue.INSTANCE).await();
                if (rank.rank() == 0) {
                    rank.send(vector, COUNT, 1, HostQueue.INSTANCE).await();
                } else {
                    rank.receive(vector, COUNT, 0, HostQueue.INSTANCE).await();
                }
                rank.barrier(HostQueue.INSTANCE).await();
            }
            least = Math.min(least, RankMain.allocated() - before);
        }
        return least;
    }
}
