package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.ryzanstein.server.bench.Bench.Configuration;

/** The kernels of one backend with one number of threads, in a worker, and what was measured of them. */
final class KernelSubject implements AutoCloseable {
    private static final double SECONDS = 0.02;
    /** So long at most a kernel is warmed up, as a share of what a test of a model may take. */
    private static final double WARMUP_SHARE = 0.1;

    private final Worker worker;
    private final Configuration configuration;
    private final String backend;
    private final List<Kernel> kernels = new ArrayList<>();

    private record Kernel(
            String name, JsonNode facts, List<Double> seconds, List<Double> allocated, Map<String, Object> details) {}

    private KernelSubject(Worker worker, Configuration configuration, ObjectNode opened) {
        this.worker = worker;
        this.configuration = configuration;
        this.backend = opened.path("backend").asText();
        for (JsonNode facts : opened.path("kernels")) {
            kernels.add(new Kernel(
                    facts.path("name").asText(), facts, new ArrayList<>(), new ArrayList<>(), new LinkedHashMap<>()));
        }
    }

    static KernelSubject open(Worker worker, BenchOptions options, Configuration configuration) {
        int tokens = options.promptTokens().stream()
                .mapToInt(Integer::intValue)
                .max()
                .orElse(0);
        ObjectNode request =
                object("kernels").put("threads", configuration.threads()).put("tokens", tokens);
        configuration.backend().ifPresent(name -> request.put("backend", name));
        options.model()
                .ifPresent(path -> request.put("model", path.toAbsolutePath().toString()));
        try {
            return new KernelSubject(worker, configuration, worker.ask(request));
        } catch (RuntimeException e) {
            worker.close();
            throw e;
        }
    }

    private static ObjectNode object(String op) {
        return JsonNodeFactory.instance.objectNode().put("op", op);
    }

    String describe() {
        return backend + ", " + configuration.threads() + (configuration.threads() == 1 ? " thread" : " threads");
    }

    int count() {
        return kernels.size();
    }

    private ObjectNode run(Kernel kernel, double seconds) {
        return worker.ask(object("kernel").put("name", kernel.name()).put("seconds", seconds));
    }

    /** Warms the kernel of this index up and compares it with a naive product. */
    void prepare(int index, double warmupSeconds) {
        Kernel kernel = kernels.get(index);
        run(kernel, warmupSeconds * WARMUP_SHARE);
        ObjectNode check =
                worker.ask(object("kernel").put("name", kernel.name()).put("check", true));
        if (check.has("relative_error")) {
            kernel.details().put("relative_error", check.path("relative_error").asDouble());
        }
    }

    void measure(int index) {
        Kernel kernel = kernels.get(index);
        ObjectNode answer = run(kernel, SECONDS);
        kernel.seconds().add(answer.path("seconds").asDouble());
        kernel.allocated().add(answer.path("allocated_bytes").asDouble());
    }

    List<Result> results() {
        List<Result> results = new ArrayList<>();
        ObjectNode memory = worker.ask(object("memory"));
        OptionalLong peak = memory.has("peak_rss_bytes")
                ? OptionalLong.of(memory.path("peak_rss_bytes").asLong())
                : OptionalLong.empty();
        for (Kernel kernel : kernels) {
            results.add(result(kernel, peak));
        }
        return results;
    }

    private Result result(Kernel kernel, OptionalLong peak) {
        JsonNode facts = kernel.facts();
        int tokens = facts.path("tokens").asInt();
        Samples rate = new Samples(kernel.seconds().stream()
                .mapToDouble(seconds -> tokens / seconds)
                .toArray());
        double nanos = tokens / rate.median() * 1e9;
        Map<String, Object> details = new LinkedHashMap<>(kernel.details());
        put(details, "weights_per_ns", facts.path("weights").asLong() / nanos);
        put(details, "mac_per_ns", facts.path("products").asLong() / nanos);
        put(details, "gb_per_second", facts.path("bytes").asLong() / nanos);
        details.put("microseconds", nanos / 1e3);
        if (!facts.path("layout").asText().isEmpty()) {
            details.put("layout", facts.path("layout").asText());
        }
        return new Result(
                Suite.KERNELS,
                kernel.name(),
                backend,
                configuration.threads(),
                rate,
                OptionalDouble.of((double) facts.path("bytes").asLong() / tokens),
                OptionalDouble.empty(),
                OptionalDouble.of(kernel.allocated().stream()
                                .mapToDouble(Double::doubleValue)
                                .min()
                                .orElseThrow()
                        / tokens),
                peak,
                details);
    }

    private static void put(Map<String, Object> details, String name, double value) {
        if (value > 0) {
            details.put(name, value);
        }
    }

    @Override
    public void close() {
        worker.close();
    }
}
