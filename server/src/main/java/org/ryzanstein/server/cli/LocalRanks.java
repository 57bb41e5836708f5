package org.ryzanstein.server.cli;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.loader.cluster.ClusterOptions;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.engine.EngineOptions;

/** Engines over ranks that are processes of this machine. */
final class LocalRanks {
    private static final int SECRET_BYTES = 32;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private LocalRanks() {}

    /** As {@link #over(EngineOptions, int, Optional, List)}; the workers are told the engine's model, backend and threads. */
    static EngineOptions over(EngineOptions options, int ranks, Optional<ShardPlan> plan) {
        List<String> arguments = new ArrayList<>();
        options.model().ifPresent(path -> arguments.addAll(List.of("-m", path.toString())));
        options.backend().ifPresent(name -> arguments.addAll(List.of("--backend", name)));
        arguments.addAll(List.of("--threads", Integer.toString(options.threads())));
        options.affinity().ifPresent(affinity -> arguments.addAll(List.of("--affinity", affinity.toString())));
        return over(options, ranks, plan, arguments);
    }

    /**
     * The same options, but over ranks that each have as many threads.
     *
     * @param arguments what a worker needs to load the same model
     */
    static EngineOptions over(EngineOptions options, int ranks, Optional<ShardPlan> plan, List<String> arguments) {
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        int localThreads = Math.multiplyExact(options.threads(), ranks);
        List<String> all = new ArrayList<>(arguments);
        all.addAll(List.of("--local-threads", Integer.toString(localThreads)));
        return options.withCluster(new ClusterOptions(
                EndpointConfig.loopback(secret),
                ranks,
                plan,
                Optional.of(new LocalWorkers(secret, all, options.threads())),
                PATIENCE,
                localThreads));
    }
}
