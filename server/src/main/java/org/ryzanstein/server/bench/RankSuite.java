package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.server.bench.BenchOptions.ModelTest;

/**
 * Ranks against one process. Each case is measured in turn, A B A B, with one process that has as many threads as one of its
 * ranks; a speed-up is the median of the ratios of neighbours, so that a machine that gets slower meanwhile favours neither.
 * Then as many processes as there are ranks run the test side by side, each with the whole model: about the most that ranks can reach.
 * Only these are loaded at a time.
 */
final class RankSuite {
    /** By how much a rank's weights may exceed its share of the whole: embedding, norms and straddled KV heads. */
    static final double MOST_ABOVE_SHARE = 0.15;

    private final BenchOptions options;
    private final RankOptions ranks;
    private final Supplier<Worker> workers;
    private final Consumer<String> progress;
    private final List<Result> results = new ArrayList<>();
    private final Map<Integer, Bench.BandwidthSubject> reads = new LinkedHashMap<>();

    RankSuite(BenchOptions options, RankOptions ranks, Supplier<Worker> workers, Consumer<String> progress) {
        this.options = options;
        this.ranks = ranks;
        this.workers = workers;
        this.progress = progress;
    }

    /**
     * What came out.
     *
     * @param forecast the model's prediction for other hosts
     */
    record Outcome(List<Result> results, List<BenchReport.Bandwidth> bandwidth, ObjectNode forecast) {}

    Outcome run() {
        int processors = Runtime.getRuntime().availableProcessors();
        List<ModelTest> tests = options.modelTests().stream()
                .filter(test -> test.kind() != TestKind.DISTRIBUTION && test.depth() == 0)
                .toList();
        if (tests.isEmpty()) {
            throw new BenchException("no tests: prompt-tokens and gen-tokens are 0");
        }
        List<RankCase> cases = ranks.cases(options.threads().stream().findFirst(), processors);
        ScalingModel.Shape shape = ScalingForecast.shapeOf(options.model());
        RankSubject reference = null;
        ScalingModel model = null;
        try {
            for (RankCase one : cases) {
                int threads = one.ranks() == 1 ? 1 : one.threads();
                if (reference == null || reference.ranks().threads() != threads) {
                    if (reference != null) {
                        reference.close();
                    }
                    reference = open(RankCase.alone(threads), tests);
                }
                if (one.equals(reference.ranks())) {
                    continue;
                }
                read(reference, threads);
                read(reference, Math.min(processors, one.ranks() * one.threads()));
                model = compare(one, reference, tests, shape, model);
            }
            if (model == null) {
                throw new BenchException(
                        "nothing to compare: one rank of one thread is what the others are measured" + " against");
            }
            List<BenchReport.Bandwidth> bandwidth =
                    reads.values().stream().map(Bench.BandwidthSubject::result).toList();
            return new Outcome(results, bandwidth, ScalingForecast.json(model));
        } finally {
            if (reference != null) {
                reference.close();
            }
            reads.values().forEach(Bench.BandwidthSubject::close);
        }
    }

    private RankSubject open(RankCase one, List<ModelTest> tests) {
        progress.accept("loading " + one.describe());
        RankSubject subject = RankSubject.open(workers.get(), options, one);
        try {
            for (ModelTest test : tests) {
                progress.accept("warming up " + one.describe() + ", " + test.name());
                subject.warmUp(test, options.warmupSeconds());
            }
            return subject;
        } catch (RuntimeException e) {
            subject.close();
            throw e;
        }
    }

    private void read(RankSubject reference, int threads) {
        long bytes = weightBytes(reference.opened());
        reads.computeIfAbsent(threads, count -> new Bench.BandwidthSubject(workers.get(), count, bytes));
    }

    private static long weightBytes(ObjectNode opened) {
        return opened.path("layer_bytes").asLong()
                + opened.path("candidate_bytes").asLong();
    }

    /**
     * Measures a case.
     *
     * @param before the model of scaling, by the fastest single process so far
     */
    private ScalingModel compare(
            RankCase one,
            RankSubject reference,
            List<ModelTest> tests,
            ScalingModel.Shape shape,
            @Nullable ScalingModel before) {
        reference.forget();
        try (RankSubject subject = open(one, tests);
                SideBySide copies = SideBySide.of(one, reference, () -> open(RankCase.alone(one.threads()), tests))) {
            for (int repetition = 1; repetition <= options.repetitions(); repetition++) {
                progress.accept(one.describe() + ", repetition " + repetition + " of " + options.repetitions());
                for (ModelTest test : tests) {
                    reference.measure(test);
                    subject.measure(test);
                    copies.measure(test);
                }
                reads.values().forEach(Bench.BandwidthSubject::measure);
            }
            ScalingModel own = scaling(reference, tests, shape);
            for (ModelTest test : tests) {
                results.add(result(subject, reference, copies.rates(test), test, own));
            }
            ScalingModel fastest = one.ranks() == 1 ? faster(own, scaling(subject, tests, shape)) : own;
            return before == null ? fastest : faster(before, fastest);
        }
    }

    private static ScalingModel faster(ScalingModel a, ScalingModel b) {
        return b.bytesPerSecond() > a.bytesPerSecond() ? b : a;
    }

    private static ScalingModel scaling(RankSubject alone, List<ModelTest> tests, ScalingModel.Shape shape) {
        double rate = tests.stream()
                .filter(test -> test.kind() == TestKind.DECODE)
                .mapToDouble(test -> Samples.of(alone.rates(test)).median())
                .max()
                .orElse(1);
        return new ScalingModel(
                shape,
                alone.opened().path("layer_bytes").asLong(),
                alone.opened().path("candidate_bytes").asLong(),
                rate * weightBytes(alone.opened()));
    }

    private Result result(
            RankSubject subject, RankSubject reference, List<Double> copies, ModelTest test, ScalingModel model) {
        RankCase one = subject.ranks();
        List<Double> rates = subject.rates(test);
        List<Double> alone = reference.rates(test);
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("reference_tokens_per_second", BenchReport.json(Samples.of(alone)));
        details.put("speedup", speedup(rates, alone));
        if (!copies.isEmpty()) {
            details.put("side_by_side_tokens_per_second", BenchReport.json(Samples.of(copies)));
            details.put("side_by_side_speedup", speedup(copies, alone));
        }
        details.put("oversubscribed", one.oversubscribed());
        if (one.ranks() > 1) {
            details.put("added_latency_us", one.addedMicros());
            split(details, subject, test);
            group(details, subject, reference);
            if (test.kind() == TestKind.DECODE) {
                ObjectNode status = subject.status();
                details.put(
                        "predicted_speedup",
                        model.speedup(
                                ShardPlan.of(status.path("plan").asText()),
                                one.ranks(),
                                new ScalingModel.Link(
                                        "measured",
                                        status.path("link_latency_us").asDouble() / 1e6,
                                        status.path("link_bytes_per_second").asDouble())));
            }
        }
        return new Result(
                Suite.RANKS,
                test.name(),
                subject.opened().path("backend").asText(),
                one.threads(),
                one.ranks(),
                Samples.of(rates),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                subject.peakResidentBytes(),
                details);
    }

    /** Of neighbours. */
    private static double speedup(List<Double> rates, List<Double> alone) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < rates.size(); i++) {
            ratios.add(rates.get(i) / alone.get(i));
        }
        return Samples.of(ratios).median();
    }

    /** What a token takes, of the leader's time; the first token's step is one of a decode test's. */
    private void split(Map<String, Object> details, RankSubject subject, ModelTest test) {
        double steps = Math.max(1, subject.counter(test, "steps"));
        double tokens = test.kind() == TestKind.DECODE ? steps : (double) options.repetitions() * test.tokens();
        double whole = subject.counter(test, "step_nanos");
        double exchange = subject.counter(test, "exchange_nanos");
        details.put("steps", (long) steps);
        details.put("step_ms", whole / steps / 1e6);
        details.put("exchange_ms_per_step", exchange / steps / 1e6);
        details.put("compute_ms_per_step", (whole - exchange) / steps / 1e6);
        details.put("exchange_share", exchange / Math.max(1, whole));
        details.put("exchange_ms_per_token", exchange / tokens / 1e6);
        details.put("compute_ms_per_token", (whole - exchange) / tokens / 1e6);
        details.put("operations_per_step", subject.counter(test, "operations") / steps);
        details.put("exchanged_bytes_per_token", subject.counter(test, "exchanged_bytes") / tokens);
    }

    private static void group(Map<String, Object> details, RankSubject subject, RankSubject reference) {
        ObjectNode status = subject.status();
        for (String name : List.of(
                "plan",
                "plan_reason",
                "transport",
                "link_latency_us",
                "link_bytes_per_second",
                "members",
                "operation_times")) {
            details.put(name, status.path(name));
        }
        double whole = reference.opened().path("packed_bytes").asDouble();
        List<Double> shares = new ArrayList<>();
        for (JsonNode member : status.path("members")) {
            shares.add(member.path("packed_bytes").asDouble() / whole);
        }
        details.put("packed_bytes_of_one_process", (long) whole);
        details.put("packed_shares", shares);
        details.put("packed_share_limit", 1.0 / subject.ranks().ranks() + MOST_ABOVE_SHARE);
    }
}
