package org.ryzanstein.server.fake;

import java.time.Instant;
import java.util.List;
import org.ryzanstein.api.comm.LinkSpeed;
import org.ryzanstein.loader.cluster.ClusterStatus;

/** A group of two ranks that has lost a third one. */
public final class FakeCluster {
    private FakeCluster() {}

    /** What its leader says of it. */
    public static ClusterStatus status() {
        return new ClusterStatus(
                5,
                "all-split",
                "asked for",
                "tcp, rank 0 of 2",
                List.of(
                        new ClusterStatus.Rank(
                                0, "alpha", 11, "10.0.0.1:7420", "avx512", 2, "heads 0-9 of 20", 1_500_000),
                        new ClusterStatus.Rank(
                                1, "beta", 22, "10.0.0.2:7420", "scalar", 1, "heads 10-19 of 20", 1_400_000)),
                List.of("process 33 on gamma (avx2, 1 thread)"),
                4,
                List.of(new ClusterStatus.Recovery(
                        Instant.parse("2026-11-22T05:00:00Z"), "rank 2 is dead", 3, 2, 0.25)),
                1,
                1000,
                2_000_000_000L,
                500_000_000L,
                LinkSpeed.ALONE,
                List.of());
    }
}
