package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.ryzanstein.server.bench.BenchOptions.ModelTest;

/** A model over a number of ranks, led by a worker, and what was measured of it. */
final class RankSubject implements AutoCloseable {
    private static final double STEADY = 0.03;
    /** Counters of which the growth over a test is what it took. */
    private static final List<String> COUNTERS =
            List.of("steps", "step_nanos", "exchange_nanos", "operations", "exchanged_bytes");

    private final Worker worker;
    private final RankCase ranks;
    private final ObjectNode opened;
    private final Map<ModelTest, Measured> measured = new LinkedHashMap<>();

    private RankSubject(Worker worker, RankCase ranks, ObjectNode opened) {
        this.worker = worker;
        this.ranks = ranks;
        this.opened = opened;
    }

    /** Rates, and the growth of the counters over all of them. */
    private record Measured(List<Double> rates, Map<String, Long> counters) {}

    static RankSubject open(Worker worker, BenchOptions options, RankCase ranks) {
        int context = options.modelTests().stream()
                .mapToInt(ModelTest::positions)
                .max()
                .orElseThrow();
        ObjectNode request = object("open")
                .put("threads", ranks.threads())
                .put("context", context)
                .put("ranks", ranks.ranks())
                .put("added_latency_us", ranks.addedMicros());
        ranks.plan().ifPresent(plan -> request.put("plan", plan.label()));
        options.backends().stream().findFirst().ifPresent(name -> request.put("backend", name));
        options.model()
                .ifPresent(path -> request.put("model", path.toAbsolutePath().toString()));
        try {
            return new RankSubject(worker, ranks, worker.ask(request));
        } catch (RuntimeException e) {
            worker.close();
            throw e;
        }
    }

    private static ObjectNode object(String op) {
        return JsonNodeFactory.instance.objectNode().put("op", op);
    }

    RankCase ranks() {
        return ranks;
    }

    /** What the worker said of the model. */
    ObjectNode opened() {
        return opened;
    }

    /** Tokens a second of a test, of which nothing is kept. */
    double run(ModelTest test) {
        return worker.ask(object("run").put("kind", test.kind().name()).put("tokens", test.tokens()))
                .path("tokens_per_second")
                .asDouble();
    }

    /**
     * Runs a test until it gets no faster, at least twice, for at least half of so many seconds after the first run, and no
     * longer than all of them. The compiler is busy for a while after the rate is steady, and with fewer processors than ranks
     * and compiler threads it holds a rank up.
     */
    void warmUp(ModelTest test, double seconds) {
        double before = run(test);
        long begun = System.nanoTime();
        long most = (long) (seconds * 1e9);
        int steady = 0;
        while (System.nanoTime() - begun < (steady < 2 ? most : most / 2)) {
            double rate = run(test);
            steady = Math.abs(rate - before) < STEADY * rate ? steady + 1 : 0;
            before = rate;
        }
    }

    /** What was measured before does not count any more. */
    void forget() {
        measured.clear();
    }

    void measure(ModelTest test) {
        ObjectNode before = status();
        double rate = run(test);
        ObjectNode after = status();
        if (!before.path("formations").equals(after.path("formations"))) {
            throw new BenchException(test.name() + ", " + ranks.describe() + ": ranks were lost and replaced");
        }
        Measured all = measured.computeIfAbsent(test, key -> new Measured(new ArrayList<>(), new LinkedHashMap<>()));
        all.rates().add(rate);
        for (String counter : COUNTERS) {
            all.counters()
                    .merge(
                            counter,
                            after.path(counter).asLong() - before.path(counter).asLong(),
                            Long::sum);
        }
    }

    /** The group; empty of one process. */
    ObjectNode status() {
        return worker.ask(object("ranks"));
    }

    OptionalLong peakResidentBytes() {
        JsonNode bytes = worker.ask(object("memory")).path("peak_rss_bytes");
        return bytes.isNumber() ? OptionalLong.of(bytes.asLong()) : OptionalLong.empty();
    }

    /** Rates in the order in which they were measured. */
    List<Double> rates(ModelTest test) {
        Measured all = measured.get(test);
        return all == null ? List.of() : List.copyOf(all.rates());
    }

    /** Growth of a counter over all measurements of a test. */
    long counter(ModelTest test, String name) {
        Measured all = measured.get(test);
        return all == null ? 0 : all.counters().getOrDefault(name, 0L);
    }

    @Override
    public void close() {
        worker.close();
    }
}
