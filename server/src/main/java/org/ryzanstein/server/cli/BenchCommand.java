package org.ryzanstein.server.cli;

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
import org.ryzanstein.server.bench.Bench;
import org.ryzanstein.server.bench.BenchOptions;
import org.ryzanstein.server.bench.BenchReport;
import org.ryzanstein.server.bench.ChildWorker;
import org.ryzanstein.server.bench.LocalWorker;
import org.ryzanstein.server.bench.ResultTable;
import org.ryzanstein.server.bench.Suite;
import org.ryzanstein.server.bench.Worker;
import picocli.CommandLine.Command;
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

    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            description = "A GGUF file, or a directory as published on the hub; the embedded model without it.")
    private @Nullable Path model;

    @Option(names = "--suite", paramLabel = "SUITE", split = ",", description = "model (without it), threads, or all.")
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
        BenchReport report = new Bench(options(), workers(), this::say).run();
        if (json == null) {
            environment.out().println(ResultTable.of(report));
        } else if (json.equals(STANDARD_OUTPUT)) {
            environment.out().println(report.text());
        } else {
            Files.writeString(Path.of(json), report.text() + System.lineSeparator());
            environment.out().println(ResultTable.of(report));
        }
        return ExitCode.DONE;
    }

    private void say(String message) {
        environment.say(environment.coloured(CliEnvironment.Colour.DIM, message));
    }

    private Supplier<Worker> workers() {
        return inProcess
                ? () -> new LocalWorker(environment.opener()::open)
                : () -> ChildWorker.start(OwnCommand.with(List.of("bench-worker")));
    }

    private BenchOptions options() {
        try {
            return new BenchOptions(
                    Optional.ofNullable(model),
                    suites(),
                    promptTokens,
                    genTokens,
                    threads,
                    backends,
                    repetitions,
                    warmup);
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
        throw new IllegalArgumentException("--suite: found \"" + name + "\", expected model, threads or all");
    }
}
