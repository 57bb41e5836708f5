package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.ryzanstein.server.bench.Bench.Configuration;
import org.ryzanstein.server.bench.BenchOptions.ModelTest;

/** A model on one backend with one number of threads, in a worker, and what was measured of it. */
final class ModelSubject implements AutoCloseable {
    /** A test is warm when two runs in a row differ by less than this share. */
    private static final double STEADY = 0.03;

    private final Worker worker;
    private final Configuration configuration;
    private final ObjectNode opened;
    private final Map<ModelTest, List<Double>> rates = new LinkedHashMap<>();
    private final Map<ModelTest, Long> allocated = new LinkedHashMap<>();

    private ModelSubject(Worker worker, Configuration configuration, ObjectNode opened) {
        this.worker = worker;
        this.configuration = configuration;
        this.opened = opened;
    }

    static ModelSubject open(Worker worker, BenchOptions options, Configuration configuration) {
        int context = options.modelTests().stream()
                .mapToInt(ModelTest::positions)
                .max()
                .orElseThrow();
        ObjectNode request =
                object("open").put("threads", configuration.threads()).put("context", context);
        configuration.backend().ifPresent(name -> request.put("backend", name));
        options.model()
                .ifPresent(path -> request.put("model", path.toAbsolutePath().toString()));
        try {
            return new ModelSubject(worker, configuration, worker.ask(request));
        } catch (RuntimeException e) {
            worker.close();
            throw e;
        }
    }

    private static ObjectNode object(String op) {
        return JsonNodeFactory.instance.objectNode().put("op", op);
    }

    /** What the worker said of the model. */
    ObjectNode opened() {
        return opened;
    }

    String backend() {
        return opened.path("backend").asText();
    }

    int threads() {
        return configuration.threads();
    }

    String describe() {
        return backend() + ", " + threads() + (threads() == 1 ? " thread" : " threads");
    }

    /** Whether it is this program, which knows what it must read, and not another engine. */
    private boolean isOwn() {
        return opened.has("layer_bytes");
    }

    /** Those of the tests that it can run: other engines don't hand out all logits, and are not measured at a depth. */
    List<ModelTest> runnable(List<ModelTest> tests) {
        return isOwn()
                ? tests
                : tests.stream()
                        .filter(test -> test.kind() != TestKind.DISTRIBUTION && test.depth() == 0)
                        .toList();
    }

    private ObjectNode run(ModelTest test) {
        return worker.ask(object("run")
                .put("kind", test.kind().name())
                .put("tokens", test.tokens())
                .put("depth", test.depth()));
    }

    /** Runs a test until it gets no faster, at least twice, and no longer than so many seconds after the first run. */
    void warmUp(ModelTest test, double seconds) {
        double before = run(test).path("tokens_per_second").asDouble();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        int steady = 0;
        while (System.nanoTime() - end < 0 && steady < 2) {
            double rate = run(test).path("tokens_per_second").asDouble();
            steady = Math.abs(rate - before) < STEADY * rate ? steady + 1 : 0;
            before = rate;
        }
    }

    void measure(ModelTest test) {
        ObjectNode answer = run(test);
        rates.computeIfAbsent(test, key -> new ArrayList<>())
                .add(answer.path("tokens_per_second").asDouble());
        allocated.merge(test, answer.path("allocated_bytes").asLong(), Math::min);
    }

    long weightBytes() {
        return opened.path("layer_bytes").asLong()
                + opened.path("candidate_bytes").asLong();
    }

    /** Bytes that must be read for a token, by the sizes of what is packed. */
    double bytesPerToken(ModelTest test) {
        long layers = opened.path("layer_bytes").asLong();
        long candidates = opened.path("candidate_bytes").asLong();
        long kv = opened.path("kv_bytes_per_position").asLong();
        int tokens = test.tokens();
        return switch (test.kind()) {
            // The weights once a step, the head once; what was stored of earlier steps is small beside them.
            case PREFILL ->
                ((double) layers
                                        * Math.ceilDiv(
                                                tokens,
                                                opened.path("step_tokens").asInt())
                                + candidates)
                        / tokens;
            // After a prompt of depth + 1 tokens, the tokens see depth + 2, depth + 3, ... depth + tokens + 1
            // positions.
            case DECODE -> layers + candidates + kv * (test.depth() + (tokens + 3) / 2.0);
            case DISTRIBUTION -> layers + opened.path("head_bytes").asLong() + kv * (tokens + 3) / 2.0;
        };
    }

    List<Result> results(Suite suite, BenchReport.Bandwidth bandwidth) {
        OptionalLong peak = optional(worker.ask(object("memory")), "peak_rss_bytes");
        List<Result> results = new ArrayList<>();
        rates.forEach((test, samples) -> {
            Samples rate = Samples.of(samples);
            OptionalDouble bytes = isOwn() ? OptionalDouble.of(bytesPerToken(test)) : OptionalDouble.empty();
            OptionalDouble share = isOwn()
                    ? OptionalDouble.of(bytesPerToken(test)
                            * rate.median()
                            / bandwidth.bytesPerSecond().median())
                    : OptionalDouble.empty();
            OptionalDouble perToken = isOwn()
                    ? OptionalDouble.of((double) allocated.getOrDefault(test, 0L) / test.tokens())
                    : OptionalDouble.empty();
            results.add(
                    new Result(suite, test.name(), backend(), threads(), rate, bytes, share, perToken, peak, Map.of()));
        });
        return results;
    }

    /** The kind of pages that the weights are on. */
    String pages() {
        return pages(
                optional(worker.ask(object("memory")), "huge_page_bytes"),
                opened.path("packed_bytes").asLong());
    }

    /** Where most of so many bytes lie. */
    static String pages(OptionalLong huge, long bytes) {
        if (huge.isEmpty()) {
            return "unknown";
        }
        return huge.getAsLong() >= bytes / 2 ? "2 MB" : "4 KB";
    }

    private static OptionalLong optional(ObjectNode node, String field) {
        return node.has(field) ? OptionalLong.of(node.path(field).asLong()) : OptionalLong.empty();
    }

    @Override
    public void close() {
        worker.close();
    }
}
