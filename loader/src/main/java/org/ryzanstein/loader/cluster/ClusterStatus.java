package org.ryzanstein.loader.cluster;

import java.time.Instant;
import java.util.List;
import org.ryzanstein.api.comm.LinkSpeed;
import org.ryzanstein.api.comm.OperationStatistics;

/**
 * A group of ranks at a moment.
 *
 * @param epoch number of this formation
 * @param plan how layers are shared out, by its label
 * @param planReason why it was chosen
 * @param transport the communicator's own description
 * @param ranks the ranks, by number
 * @param spares workers that have joined and wait for the next pause
 * @param formations groups formed so far
 * @param recoveries how often ranks were lost and what it took, the latest 32, oldest first
 * @param recoveryCount all of them
 * @param steps steps run by this formation
 * @param stepNanos time that they took
 * @param exchangeNanos the leader's share of it spent in exchanges with other ranks, waiting included
 * @param link speed between the ranks, measured when they joined
 * @param operations what the leader's communicator has done in this formation, the few exchanges at its beginning included
 */
public record ClusterStatus(
        long epoch,
        String plan,
        String planReason,
        String transport,
        List<Rank> ranks,
        List<String> spares,
        long formations,
        List<Recovery> recoveries,
        long recoveryCount,
        long steps,
        long stepNanos,
        long exchangeNanos,
        LinkSpeed link,
        List<OperationStatistics> operations) {
    public ClusterStatus {
        ranks = List.copyOf(ranks);
        spares = List.copyOf(spares);
        recoveries = List.copyOf(recoveries);
        operations = List.copyOf(operations);
    }

    /**
     * One process.
     *
     * @param rank 0 is the leader
     * @param host name of its machine
     * @param process its process id
     * @param address where it listens for the others
     * @param backend kernel backend
     * @param threads compute threads
     * @param shard what it holds
     * @param packedBytes bytes of its packed weights
     */
    public record Rank(
            int rank,
            String host,
            long process,
            String address,
            String backend,
            int threads,
            String shard,
            long packedBytes) {}

    /**
     * A loss of ranks.
     *
     * @param cause what was seen
     * @param ranksBefore ranks of the group that was lost
     * @param ranksAfter ranks of the one after it
     * @param seconds from noticing the loss until the new group was ready to compute
     */
    public record Recovery(Instant time, String cause, int ranksBefore, int ranksAfter, double seconds) {}

    public int worldSize() {
        return ranks.size();
    }
}
