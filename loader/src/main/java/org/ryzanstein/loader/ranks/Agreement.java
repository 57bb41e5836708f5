package org.ryzanstein.loader.ranks;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.cluster.ShardPlan;

/** What the ranks of a new group tell each other before the first step. All of them call the same methods in this order. */
final class Agreement {
    private Agreement() {}

    /**
     * Everybody learns the leader's plan.
     *
     * @param plan the leader's; others give any
     */
    static ShardPlan plan(Communicator ranks, ShardPlan plan) {
        int[] collectives = {plan.collectivesPerLayer()};
        ranks.broadcast(HostMemory.of(collectives), 1, 0, HostQueue.INSTANCE).await();
        for (ShardPlan known : ShardPlan.values()) {
            if (known.collectivesPerLayer() == collectives[0]) {
                return known;
            }
        }
        throw new ClusterException(
                "the leader has a plan of " + collectives[0] + " collectives, which is unknown here");
    }

    /**
     * Returns when all ranks have packed their shards.
     *
     * @return bytes of the packed weights, by rank
     */
    static long[] ready(Communicator ranks, long packedBytes) {
        int worldSize = ranks.worldSize();
        int[] words = new int[2 * worldSize];
        int[] columns = new int[worldSize];
        Arrays.fill(columns, 2);
        HostMemory all =
                HostMemory.matrix(MemorySegment.ofArray(words), ElementType.INT32, 1, words.length, words.length);
        int own = 2 * ranks.rank();
        words[own] = (int) (packedBytes >>> Integer.SIZE);
        words[own + 1] = (int) packedBytes;
        ranks.allGather(all.slice(own, 2), all, columns, 1, HostQueue.INSTANCE).await();
        long[] bytes = new long[worldSize];
        for (int rank = 0; rank < worldSize; rank++) {
            bytes[rank] = ((long) words[2 * rank] << Integer.SIZE) | Integer.toUnsignedLong(words[2 * rank + 1]);
        }
        return bytes;
    }
}
