package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.ryzanstein.server.bench.BenchOptions.ModelTest;

/**
 * Runs the suites. Every configuration (backend and number of threads) has a worker of its own, and so has each read loop; all
 * of them are measured in turn, A B A B, so that a machine that gets slower or faster meanwhile doesn't favour one of them.
 */
public final class Bench {
    private final BenchOptions options;
    private final Supplier<Worker> workers;
    private final List<Supplier<Worker>> peers;
    private final Consumer<String> progress;
    private final RankOptions ranks;

    /**
     * A run with the suite of ranks as it is without options.
     *
     * @param workers makes a worker each time
     * @param peers make workers of other engines, which are measured in turn with this one
     * @param progress told what is being done
     */
    public Bench(
            BenchOptions options, Supplier<Worker> workers, List<Supplier<Worker>> peers, Consumer<String> progress) {
        this(options, RankOptions.DEFAULTS, workers, peers, progress);
    }

    /**
     * A run.
     *
     * @param ranks what the suite of ranks measures
     * @param workers makes a worker each time
     * @param peers make workers of other engines, which are measured in turn with this one
     * @param progress told what is being done
     */
    public Bench(
            BenchOptions options,
            RankOptions ranks,
            Supplier<Worker> workers,
            List<Supplier<Worker>> peers,
            Consumer<String> progress) {
        this.ranks = ranks;
        this.options = options;
        this.workers = workers;
        this.peers = List.copyOf(peers);
        this.progress = progress;
    }

    /** Measures everything. */
    public BenchReport run() {
        ObjectNode machine = Environment.machine(ProcFiles.ofSystem());
        progress.accept("hashing the model");
        ObjectNode model = Environment.model(options.model());
        List<BenchReport.Bandwidth> bandwidth = new ArrayList<>();
        List<Result> results = new ArrayList<>();
        if (options.suites().contains(Suite.MODEL) || options.suites().contains(Suite.THREADS)) {
            runModel(machine, model, bandwidth, results);
        }
        if (options.suites().contains(Suite.KERNELS)) {
            results.addAll(runKernels());
        }
        if (options.suites().contains(Suite.STARTUP)) {
            for (Configuration configuration : configurations(List.of(Suite.STARTUP))) {
                progress.accept("starting " + configuration.describe());
                results.add(new StartupSuite(options, workers).run(configuration));
            }
        }
        Map<String, ObjectNode> sections = new LinkedHashMap<>();
        if (options.suites().contains(Suite.RANKS)) {
            RankSuite.Outcome outcome = new RankSuite(options, ranks, workers, progress).run();
            results.addAll(outcome.results());
            bandwidth.addAll(outcome.bandwidth());
            sections.put("scaling", outcome.forecast());
        }
        return new BenchReport(machine, Environment.jvm(), model, Environment.commit(), bandwidth, results, sections);
    }

    private void runModel(
            ObjectNode machine, ObjectNode model, List<BenchReport.Bandwidth> bandwidth, List<Result> results) {
        List<ModelTest> tests = options.modelTests();
        if (tests.isEmpty()) {
            throw new BenchException("no tests: prompt-tokens and gen-tokens are 0");
        }
        List<ModelSubject> subjects = new ArrayList<>();
        Map<Integer, BandwidthSubject> reads = new LinkedHashMap<>();
        try {
            for (Configuration configuration : configurations(List.of(Suite.MODEL, Suite.THREADS))) {
                progress.accept("loading " + configuration.describe());
                subjects.add(ModelSubject.open(workers.get(), options, configuration));
            }
            List<ModelSubject> own = List.copyOf(subjects);
            for (Supplier<Worker> peer : peers) {
                for (int threads :
                        own.stream().map(ModelSubject::threads).distinct().toList()) {
                    progress.accept("loading a peer, " + threads + (threads == 1 ? " thread" : " threads"));
                    subjects.add(ModelSubject.open(peer.get(), options, new Configuration(Optional.empty(), threads)));
                }
            }
            for (ModelSubject subject : subjects) {
                for (ModelTest test : subject.runnable(tests)) {
                    progress.accept("warming up " + subject.describe() + ", " + test.name());
                    subject.warmUp(test, options.warmupSeconds());
                }
                reads.computeIfAbsent(subject.threads(), threads -> {
                    long bytes = mostBytes(own, threads, tests);
                    progress.accept("preparing to read " + bytes / 1_000_000 + " MB with " + threads + " threads");
                    return new BandwidthSubject(workers.get(), threads, bytes);
                });
            }
            for (int repetition = 1; repetition <= options.repetitions(); repetition++) {
                progress.accept("repetition " + repetition + " of " + options.repetitions());
                for (ModelTest test : tests) {
                    subjects.stream()
                            .filter(subject -> subject.runnable(tests).contains(test))
                            .forEach(subject -> subject.measure(test));
                }
                reads.values().forEach(BandwidthSubject::measure);
            }
            describeModel(machine, model, own.getFirst());
            reads.values().forEach(read -> bandwidth.add(read.result()));
            for (Suite suite : List.of(Suite.MODEL, Suite.THREADS)) {
                if (options.suites().contains(suite)) {
                    List<Integer> threads = threads(suite);
                    subjects.stream()
                            .filter(subject -> threads.contains(subject.threads()))
                            .forEach(subject ->
                                    results.addAll(subject.results(suite, bandwidthOf(bandwidth, subject.threads()))));
                }
            }
        } finally {
            subjects.forEach(ModelSubject::close);
            reads.values().forEach(BandwidthSubject::close);
        }
    }

    private List<Result> runKernels() {
        List<KernelSubject> subjects = new ArrayList<>();
        try {
            for (Configuration configuration : configurations(List.of(Suite.KERNELS))) {
                progress.accept("packing weights for the kernels of " + configuration.describe());
                subjects.add(KernelSubject.open(workers.get(), options, configuration));
            }
            int count = subjects.getFirst().count();
            for (KernelSubject subject : subjects) {
                progress.accept("warming up the kernels of " + subject.describe());
                for (int kernel = 0; kernel < count; kernel++) {
                    subject.prepare(kernel, options.warmupSeconds());
                }
            }
            for (int repetition = 1; repetition <= options.repetitions(); repetition++) {
                progress.accept("kernels, repetition " + repetition + " of " + options.repetitions());
                for (int kernel = 0; kernel < count; kernel++) {
                    for (KernelSubject subject : subjects) {
                        subject.measure(kernel);
                    }
                }
            }
            return subjects.stream()
                    .flatMap(subject -> subject.results().stream())
                    .toList();
        } finally {
            subjects.forEach(KernelSubject::close);
        }
    }

    private static BenchReport.Bandwidth bandwidthOf(List<BenchReport.Bandwidth> all, int threads) {
        return all.stream().filter(one -> one.threads() == threads).findFirst().orElseThrow();
    }

    private static long mostBytes(List<ModelSubject> subjects, int threads, List<ModelTest> tests) {
        return subjects.stream()
                .filter(subject -> subject.threads() == threads)
                .mapToLong(subject -> tests.stream()
                        .filter(test -> test.kind() == TestKind.DECODE)
                        .mapToLong(test -> (long) subject.bytesPerToken(test))
                        .max()
                        .orElseGet(subject::weightBytes))
                .max()
                .orElseThrow();
    }

    private static void describeModel(ObjectNode machine, ObjectNode model, ModelSubject subject) {
        model.put("name", subject.opened().path("name").asText())
                .put("parameters", subject.opened().path("parameters").asLong());
        machine.put("weight_pages", subject.pages());
    }

    private List<Configuration> configurations(List<Suite> suites) {
        Set<Configuration> all = new LinkedHashSet<>();
        List<Optional<String>> backends = options.backends().isEmpty()
                ? List.of(Optional.empty())
                : options.backends().stream().map(Optional::of).toList();
        for (Suite suite : suites) {
            if (options.suites().contains(suite)) {
                for (int threads : threads(suite)) {
                    backends.forEach(backend -> all.add(new Configuration(backend, threads)));
                }
            }
        }
        return List.copyOf(all);
    }

    /** Where none are given: all processors, for kernels also one; for the scaling the powers of two up to them, and themselves. */
    private List<Integer> threads(Suite suite) {
        if (!options.threads().isEmpty()) {
            return options.threads();
        }
        int processors = Runtime.getRuntime().availableProcessors();
        if (suite == Suite.MODEL || suite == Suite.STARTUP) {
            return List.of(processors);
        }
        if (suite == Suite.KERNELS) {
            return processors == 1 ? List.of(1) : List.of(1, processors);
        }
        Set<Integer> counts = new LinkedHashSet<>();
        for (int count = 1; count < processors; count *= 2) {
            counts.add(count);
        }
        counts.add(processors);
        return List.copyOf(counts);
    }

    /** What is measured against each other. */
    record Configuration(Optional<String> backend, int threads) {
        String describe() {
            return backend.orElse("the best backend") + ", " + threads + (threads == 1 ? " thread" : " threads");
        }
    }

    /** A read loop in a worker. */
    static final class BandwidthSubject implements AutoCloseable {
        private final Worker worker;
        private final ObjectNode request;
        private final int threads;
        private final List<Double> samples = new ArrayList<>();
        private final List<Double> trips = new ArrayList<>();
        private long bytes;

        BandwidthSubject(Worker worker, int threads, long bytes) {
            this.worker = worker;
            this.threads = threads;
            this.request = JsonNodeFactory.instance
                    .objectNode()
                    .put("op", "read")
                    .put("threads", threads)
                    .put("bytes", bytes);
            // The first one is the compiler's.
            worker.ask(request);
        }

        void measure() {
            ObjectNode answer = worker.ask(request);
            bytes = answer.path("bytes").asLong();
            samples.add(answer.path("bytes_per_second").asDouble());
            if (answer.has("line_trip_ns")) {
                trips.add(answer.path("line_trip_ns").asDouble());
            }
        }

        BenchReport.Bandwidth result() {
            ObjectNode memory = worker.ask(JsonNodeFactory.instance.objectNode().put("op", "memory"));
            OptionalLong huge = memory.has("huge_page_bytes")
                    ? OptionalLong.of(memory.path("huge_page_bytes").asLong())
                    : OptionalLong.empty();
            return new BenchReport.Bandwidth(
                    threads,
                    bytes,
                    ModelSubject.pages(huge, bytes),
                    Samples.of(samples),
                    trips.isEmpty() ? Optional.empty() : Optional.of(Samples.of(trips)));
        }

        @Override
        public void close() {
            worker.close();
        }
    }
}
