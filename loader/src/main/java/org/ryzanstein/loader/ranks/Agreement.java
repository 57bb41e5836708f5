package org.ryzanstein.loader.ranks;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.parallel.Shard;

/** What the ranks of a new group tell each other before the first step. All of them call the same methods in this order. */
final class Agreement {
    private Agreement() {}

    /**
     * How a group computes.
     *
     * @param splitFrom tokens from which on a step shares out the residual stream
     * @param exchangesKv whether ranks give each other keys and values ({@link Shard#exchangesKv})
     */
    record Terms(ShardPlan plan, int splitFrom, boolean exchangesKv) {
        /** Of who has no say. */
        static final Terms ANY = new Terms(ShardPlan.ALL_SPLIT, Integer.MAX_VALUE, false);
    }

    /**
     * Everybody learns the leader's terms.
     *
     * @param terms the leader's; others give any
     */
    static Terms terms(Communicator ranks, Terms terms) {
        int[] words = {terms.plan().collectivesPerLayer(), terms.splitFrom(), terms.exchangesKv() ? 1 : 0};
        ranks.broadcast(HostMemory.of(words), words.length, 0, HostQueue.INSTANCE)
                .await();
        for (ShardPlan known : ShardPlan.values()) {
            if (known.collectivesPerLayer() == words[0]) {
                return new Terms(known, words[1], words[2] != 0);
            }
        }
        throw new ClusterException("the leader has a plan of " + words[0] + " collectives, which is unknown here");
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
