package org.ryzanstein.server.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.cluster.ClusterOptions;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.EngineOptions;
import org.ryzanstein.loader.engine.ModelDescription;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of all commands that run a model. */
final class ModelArguments {
    /** People start workers by hand. */
    private static final Duration REMOTE_PATIENCE = Duration.ofMinutes(10);

    @Mixin
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private RankArguments rank;

    @Option(
            names = "--ranks",
            paramLabel = "N",
            description =
                    "Processes that share the model out among themselves; without --cluster they are started on this"
                            + " machine, each with its share of the threads.")
    private @Nullable Integer ranks;

    @Option(
            names = "--plan",
            paramLabel = "PLAN",
            description = "How layers are shared out: all-split, output-replicated or attention-replicated; by measured"
                    + " latency and bandwidth without it.")
    private @Nullable String plan;

    @Option(
            names = "--cluster",
            paramLabel = "FILE",
            description =
                    "Lead ranks of other machines, which join by 'worker --join': listening address and secret, as in"
                            + " docs/distributed.md.")
    private @Nullable Path cluster;

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    /** What an engine is opened with. */
    EngineOptions options(OptionalInt context) {
        EngineOptions options = rank.options(context);
        try {
            Optional<ShardPlan> chosen = Optional.ofNullable(plan).map(ShardPlan::of);
            if (ranks != null && (ranks < 1 || ranks > ClusterOptions.MAX_RANKS)) {
                throw new IllegalArgumentException(
                        "--ranks: found " + ranks + ", expected 1 to " + ClusterOptions.MAX_RANKS);
            }
            if (cluster != null) {
                return overMachines(options, ClusterFile.read(cluster), chosen);
            }
            if (plan != null && ranks == null) {
                throw new IllegalArgumentException(
                        "--plan: found " + plan + " for one rank, expected --ranks or --cluster beside it");
            }
            if (ranks == null || ranks == 1) {
                return options;
            }
            return overProcesses(options, ranks, chosen);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private EngineOptions overMachines(EngineOptions options, ClusterFile file, Optional<ShardPlan> chosen) {
        int count = ranks != null ? ranks : file.ranks().orElse(1);
        return options.withCluster(new ClusterOptions(
                file.endpoint(), count, chosen, Optional.empty(), REMOTE_PATIENCE, options.threads()));
    }

    private EngineOptions overProcesses(EngineOptions options, int count, Optional<ShardPlan> chosen) {
        int threads = rank.threads().orElse(Math.max(1, options.threads() / count));
        return LocalRanks.over(options.withThreads(threads), count, chosen, rank.arguments(threads));
    }

    /** Opens an engine, with progress and the backend line on standard error. */
    Engine open(CliEnvironment environment, EngineOptions options) {
        BackendNotice.ofThisProcess(options.backend())
                .ifPresent(notice -> environment.say(
                        environment.coloured(CliEnvironment.Colour.YELLOW, "ryzanstein: ") + Text.printable(notice)));
        long start = System.nanoTime();
        Engine engine;
        try (ProgressBar bar = new ProgressBar(environment)) {
            engine = environment.opener().open(options.withProgress(bar::progress));
        }
        environment.say(
                environment.coloured(CliEnvironment.Colour.DIM, line(engine, (System.nanoTime() - start) / 1e9)));
        engine.cluster()
                .ifPresent(status -> RankTable.lines(status)
                        .forEach(line -> environment.say(
                                environment.coloured(CliEnvironment.Colour.DIM, Text.printable(line)))));
        return engine;
    }

    private static String line(Engine engine, double seconds) {
        ModelDescription model = engine.model();
        int threads = engine.options().threads();
        return "backend %s, %d %s (%s); model %s (%s parameters, context %d); loaded in %.1f s"
                .formatted(
                        engine.backend(),
                        threads,
                        threads == 1 ? "thread" : "threads",
                        Text.printable(engine.threadPlacement()),
                        Text.printable(model.name()),
                        Text.count(model.parameters()),
                        model.contextLength(),
                        seconds);
    }
}
