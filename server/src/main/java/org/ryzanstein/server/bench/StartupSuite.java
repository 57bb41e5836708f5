package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.ryzanstein.server.bench.Bench.Configuration;

/** Time from the start of a process to the first token of a short prompt, and of its phases. */
final class StartupSuite {
    private static final int PROMPT = 8;

    private final BenchOptions options;
    private final Supplier<Worker> workers;

    StartupSuite(BenchOptions options, Supplier<Worker> workers) {
        this.options = options;
        this.workers = workers;
    }

    Result run(Configuration configuration) {
        List<Double> total = new ArrayList<>();
        List<Double> loads = new ArrayList<>();
        List<Double> firstTokens = new ArrayList<>();
        String backend = "";
        OptionalLong peak = OptionalLong.empty();
        ObjectNode open = object("open").put("threads", configuration.threads()).put("context", 2 * PROMPT);
        configuration.backend().ifPresent(name -> open.put("backend", name));
        options.model()
                .ifPresent(path -> open.put("model", path.toAbsolutePath().toString()));
        for (int repetition = 0; repetition < options.repetitions(); repetition++) {
            long start = System.nanoTime();
            try (Worker worker = workers.get()) {
                ObjectNode opened = worker.ask(open);
                long loaded = System.nanoTime();
                worker.ask(object("run").put("kind", TestKind.PREFILL.name()).put("tokens", PROMPT));
                long end = System.nanoTime();
                total.add((end - start) / 1e9);
                loads.add(opened.path("load_seconds").asDouble());
                firstTokens.add((end - loaded) / 1e9);
                backend = opened.path("backend").asText();
                ObjectNode memory = worker.ask(object("memory"));
                if (memory.has("peak_rss_bytes")) {
                    peak = OptionalLong.of(Math.max(
                            peak.orElse(0), memory.path("peak_rss_bytes").asLong()));
                }
            }
        }
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("seconds", BenchReport.json(Samples.of(total)));
        details.put("load_seconds", BenchReport.json(Samples.of(loads)));
        details.put("first_token_seconds", BenchReport.json(Samples.of(firstTokens)));
        return new Result(
                Suite.STARTUP,
                "first-token",
                backend,
                configuration.threads(),
                Samples.of(total.stream().map(seconds -> 1 / seconds).toList()),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                peak,
                details);
    }

    private static ObjectNode object(String op) {
        return JsonNodeFactory.instance.objectNode().put("op", op);
    }
}
