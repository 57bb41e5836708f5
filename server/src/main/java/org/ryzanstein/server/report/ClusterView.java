package org.ryzanstein.server.report;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.cluster.ClusterStatus;

/**
 * The group of ranks that computes. A process alone is a world of one without any of the rest.
 *
 * @param plan how layers are shared out
 * @param recoveries losses of ranks, the latest ones
 * @param recoveryCount all of them
 */
public record ClusterView(
        int worldSize,
        long epoch,
        @Nullable String plan,
        @Nullable String planReason,
        @Nullable String transport,
        List<Rank> ranks,
        List<String> spares,
        long formations,
        long recoveryCount,
        List<Recovery> recoveries,
        long steps,
        double stepSeconds,
        double exchangeSeconds) {
    private static final double NANOS = 1e9;

    public ClusterView {
        ranks = List.copyOf(ranks);
        spares = List.copyOf(spares);
        recoveries = List.copyOf(recoveries);
    }

    /**
     * One process.
     *
     * @param processId on its machine
     * @param packedBytes of its packed weights
     */
    public record Rank(
            int rank,
            String host,
            long processId,
            String address,
            String backend,
            int threads,
            String shard,
            long packedBytes) {}

    /** A loss of ranks; time in ISO 8601. */
    public record Recovery(String time, String cause, int ranksBefore, int ranksAfter, double seconds) {}

    public static ClusterView of(Optional<ClusterStatus> cluster) {
        if (cluster.isEmpty()) {
            return new ClusterView(1, 0, null, null, null, List.of(), List.of(), 0, 0, List.of(), 0, 0, 0);
        }
        ClusterStatus status = cluster.get();
        return new ClusterView(
                status.worldSize(),
                status.epoch(),
                status.plan(),
                status.planReason(),
                status.transport(),
                status.ranks().stream()
                        .map(rank -> new Rank(
                                rank.rank(),
                                rank.host(),
                                rank.process(),
                                rank.address(),
                                rank.backend(),
                                rank.threads(),
                                rank.shard(),
                                rank.packedBytes()))
                        .toList(),
                status.spares(),
                status.formations(),
                status.recoveryCount(),
                status.recoveries().stream()
                        .map(recovery -> new Recovery(
                                recovery.time().toString(),
                                recovery.cause(),
                                recovery.ranksBefore(),
                                recovery.ranksAfter(),
                                recovery.seconds()))
                        .toList(),
                status.steps(),
                status.stepNanos() / NANOS,
                status.exchangeNanos() / NANOS);
    }
}
