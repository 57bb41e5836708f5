package org.ryzanstein.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.ryzanstein.loader.cluster.ClusterStatus;

/** The ranks of a group as lines for people. */
final class RankTable {
    private RankTable() {}

    static List<String> lines(ClusterStatus status) {
        List<String> lines = new ArrayList<>();
        lines.add("%d ranks, plan %s: %s".formatted(status.worldSize(), status.plan(), status.planReason()));
        lines.add(status.transport());
        for (ClusterStatus.Rank rank : status.ranks()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "  rank %d  %s  %s  process %d  %s  %d %s  %.1f MB  %s",
                    rank.rank(),
                    rank.host(),
                    rank.address(),
                    rank.process(),
                    rank.backend(),
                    rank.threads(),
                    rank.threads() == 1 ? "thread" : "threads",
                    rank.packedBytes() / 1e6,
                    rank.shard()));
        }
        return lines;
    }
}
