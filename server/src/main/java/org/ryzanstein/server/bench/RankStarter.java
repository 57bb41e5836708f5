package org.ryzanstein.server.bench;

import java.util.Optional;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.engine.EngineOptions;

/** Makes an engine lead ranks that are processes of this machine, each with as many threads as the engine's own. */
@FunctionalInterface
public interface RankStarter {
    /** Where no processes can be started. */
    RankStarter NONE = (options, ranks, plan) -> {
        throw new BenchException("ranks can't be started here");
    };

    /**
     * The same options, but over ranks.
     *
     * @param plan the plan to insist on
     */
    EngineOptions over(EngineOptions options, int ranks, Optional<ShardPlan> plan);
}
