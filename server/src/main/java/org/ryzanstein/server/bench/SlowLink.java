package org.ryzanstein.server.bench;

import java.util.Optional;
import org.ryzanstein.loader.cluster.ClusterOptions;
import org.ryzanstein.loader.cluster.ClusterOptions.Launcher;

/** Workers that reach their leader late. What workers say to each other is not delayed, so it is for groups of two. */
final class SlowLink {
    private SlowLink() {}

    /** The same options, with a relay between the leader and the workers that it starts. */
    static ClusterOptions between(ClusterOptions options, int addedMicros) {
        Launcher launcher = options.launcher().orElseThrow();
        Launcher late = (leader, count, onEnd) -> {
            DelayingRelay relay = new DelayingRelay(leader, addedMicros);
            try {
                AutoCloseable workers = launcher.launch(relay.address(), count, onEnd);
                return () -> {
                    try (relay) {
                        workers.close();
                    }
                };
            } catch (RuntimeException | Error e) {
                relay.close();
                throw e;
            }
        };
        return new ClusterOptions(
                options.endpoint(),
                options.ranks(),
                options.plan(),
                Optional.of(late),
                options.patience(),
                options.localThreads());
    }
}
