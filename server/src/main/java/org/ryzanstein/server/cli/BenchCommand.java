package org.ryzanstein.server.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.server.bench.Bench;
import org.ryzanstein.server.bench.BenchException;
import org.ryzanstein.server.bench.BenchOptions;
import org.ryzanstein.server.bench.BenchReport;
import org.ryzanstein.server.bench.ChildWorker;
import org.ryzanstein.server.bench.LocalWorker;
import org.ryzanstein.server.bench.Peers;
import org.ryzanstein.server.bench.Plots;
import org.ryzanstein.server.bench.RankOptions;
import org.ryzanstein.server.bench.ResultTable;
import org.ryzanstein.server.bench.Suite;
import org.ryzanstein.server.bench.Worker;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench}: how fast it is, and how fast the machine would let it be. */
@Command(
        name = "bench",
        description = "Measures prefill and decode, against the memory bandwidth of the same run.",
        mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {
    private static final String STANDARD_OUTPUT = "-";

    private final CliEnvironment environment;

    @Mixin
    private ModelOption model = new ModelOption();

    @Option(
            names = "--suite",
            paramLabel = "SUITE",
            split = ",",
            description = "model (without it), threads, kernels, startup, ranks, or all.")
    private List<String> suites = List.of("model");

    @Option(
            names = "--prompt-tokens",
            paramLabel = "N",
            split = ",",
            description = "Lengths of the prompts that prefill is measured with; 128 without it, 0: none.")
    private List<Integer> promptTokens = List.of(128);

    @Option(
            names = "--gen-tokens",
            paramLabel = "N",
            split = ",",
            description = "How many tokens are generated to measure decoding; 32 without it, 0: none.")
    private List<Integer> genTokens = List.of(32);

    @Option(
            names = "--depth",
            paramLabel = "N",
            split = ",",
            description =
                    "How many positions are in the KV cache before decoding is measured, such as 0,2048; 0 without"
                            + " it. Each run computes them anew, outside of the measured time.")
    private List<Integer> depths = List.of(0);

    @Option(
            names = "--threads",
            paramLabel = "N",
            split = ",",
            description = "Numbers of compute threads, such as 1,2; as many as there are processors without it.")
    private List<Integer> threads = List.of();

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            split = ",",
            description = "Kernel backends to measure in turn; the best available without it.")
    private List<String> backends = List.of();

    @Option(
            names = "--ranks",
            paramLabel = "N",
            split = ",",
            description = "Numbers of processes of the suite ranks; 1,2,4 without it.")
    private List<Integer> ranks = RankOptions.DEFAULTS.ranks();

    @Option(
            names = "--plan",
            paramLabel = "PLAN",
            split = ",",
            description = "Plans that the suite ranks forces in turn: all-split, output-replicated,"
                    + " attention-replicated; the one that the leader chooses without it.")
    private List<String> plans = List.of();

    @Option(
            names = "--added-latency",
            paramLabel = "US",
            split = ",",
            description = "Microseconds that messages between two ranks are delayed in turn, by a relay between them;"
                    + " 0 without it.")
    private List<Integer> addedLatencies = RankOptions.DEFAULTS.addedMicros();

    @Option(names = "--repetitions", paramLabel = "N", description = "Measurements of each test; 5 without it.")
    private int repetitions = 5;

    @Option(
            names = "--warmup",
            paramLabel = "SECONDS",
            description = "Most seconds that each test runs until it is steady; 10 without it.")
    private double warmup = 10;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            arity = "0..1",
            fallbackValue = STANDARD_OUTPUT,
            description = "Writes one JSON object with everything; to standard output without a file.")
    private @Nullable String json;

    @Option(
            names = "--plot",
            paramLabel = "DIR|FILE",
            arity = "0..1",
            fallbackValue = "bench-plots",
            description = "Draws the results as SVG: one file for each chart in a folder (bench-plots without a name),"
                    + " or all in one file whose name ends in .svg.")
    private @Nullable Path plot;

    @Option(
            names = "--from",
            paramLabel = "FILE",
            description = "Measures nothing, but shows and draws the results that --json wrote to this file.")
    private @Nullable Path from;

    @Option(
            names = "--compare",
            description =
                    "Measures other engines in turn, and prints ratios: llama.cpp (de.kherud:llama) where the model"
                            + " is a GGUF file, Jlama where it is a directory or --jlama names one.")
    private boolean compare;

    @Option(
            names = "--jlama",
            paramLabel = "DIR",
            description =
                    "A directory of the same shape and type that Jlama reads, which knows no GGUF; with --compare.")
    private @Nullable Path jlama;

    @Option(
            names = "--peers",
            paramLabel = "DIR",
            description = "The folder of the other engines' jars; benchmarks/target/lib of the repository without it.")
    private @Nullable Path peers;

    @Option(
            names = "--in-process",
            description = "Measures everything in this JVM instead of one for each configuration, for profilers.")
    private boolean inProcess;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    BenchCommand(CliEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        ObjectNode report = from == null ? measure() : stored(from);
        boolean toStandardOutput = STANDARD_OUTPUT.equals(json);
        if (toStandardOutput) {
            environment.out().println(BenchReport.text(report));
        } else {
            environment.out().println(ResultTable.of(report));
            if (json != null) {
                Files.writeString(Path.of(json), BenchReport.text(report) + System.lineSeparator());
            }
        }
        if (plot != null) {
            Plots.write(report, plot).forEach(file -> say("drew " + file));
        }
        return ExitCode.DONE;
    }

    private ObjectNode measure() {
        BenchOptions options = options();
        return new Bench(
                        options,
                        rankOptions(),
                        workers(),
                        compare ? Peers.of(peerFolder(), options, Optional.ofNullable(jlama)) : List.of(),
                        this::say)
                .run()
                .json();
    }

    private static ObjectNode stored(Path file) throws IOException {
        if (new ObjectMapper().readTree(Files.readString(file)) instanceof ObjectNode report
                && report.path("results").isArray()) {
            return report;
        }
        throw new BenchException(file + ": found no object with results, expected what bench --json writes");
    }

    /** Beside this program's own folder in a clone: server/target/dist/lib. */
    private Path peerFolder() {
        if (peers != null) {
            return peers;
        }
        Path lib = OwnCommand.folder();
        return lib.resolve("../../../../benchmarks/target/lib").normalize();
    }

    private void say(String message) {
        environment.say(environment.coloured(CliEnvironment.Colour.DIM, message));
    }

    private Supplier<Worker> workers() {
        return inProcess
                ? () -> new LocalWorker(environment.opener()::open, LocalRanks::over)
                : () -> ChildWorker.start(OwnCommand.with(List.of("bench-worker")));
    }

    private RankOptions rankOptions() {
        try {
            return new RankOptions(ranks, plans.stream().map(ShardPlan::of).toList(), addedLatencies);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private BenchOptions options() {
        try {
            return new BenchOptions(
                    model.path(), suites(), promptTokens, genTokens, depths, threads, backends, repetitions, warmup);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private Set<Suite> suites() {
        EnumSet<Suite> chosen = EnumSet.noneOf(Suite.class);
        for (String name : suites) {
            if (name.equals("all")) {
                chosen.addAll(EnumSet.allOf(Suite.class));
            } else {
                chosen.add(suite(name));
            }
        }
        return chosen;
    }

    private static Suite suite(String name) {
        for (Suite suite : Suite.values()) {
            if (suite.name().toLowerCase(Locale.ROOT).equals(name)) {
                return suite;
            }
        }
        throw new IllegalArgumentException(
                "--suite: found \"" + name + "\", expected model, threads, kernels, startup, ranks or all");
    }
}
