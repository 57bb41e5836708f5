package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.EngineOptions;
import org.ryzanstein.loader.engine.ModelDescription;
import org.ryzanstein.loader.engine.TokenTraffic;
import org.ryzanstein.server.bench.EngineSubject.Outcome;

/** Measures in this process. Holds at most one engine, one set of kernels, and one read loop. */
public final class LocalWorker implements Worker {
    private final Function<EngineOptions, Engine> opener;
    private final RankStarter ranks;
    private final ProcFiles proc = ProcFiles.ofSystem();
    private @Nullable Engine engine;
    private @Nullable KernelSet kernels;
    private @Nullable EngineSubject subject;
    private @Nullable MeasuredMemory reads;

    /** A worker that opens engines so, each in one process. */
    public LocalWorker(Function<EngineOptions, Engine> opener) {
        this(opener, RankStarter.NONE);
    }

    /** A worker that opens engines so, also over several processes. */
    public LocalWorker(Function<EngineOptions, Engine> opener, RankStarter ranks) {
        this.opener = opener;
        this.ranks = ranks;
    }

    @Override
    public ObjectNode ask(ObjectNode request) {
        String op = request.path("op").asText();
        return switch (op) {
            case "open" -> open(request);
            case "run" -> run(request);
            case "memory" -> memory();
            case "ranks" -> ranks();
            case "read" -> read(request);
            case "kernels" -> kernels(request);
            case "kernel" -> kernel(request);
            default ->
                throw new IllegalArgumentException(
                        "op: found \"" + op + "\", expected open, run, memory, ranks, read, kernels or kernel");
        };
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    private static Optional<String> backendOf(ObjectNode request) {
        return request.has("backend") ? Optional.of(request.path("backend").asText()) : Optional.empty();
    }

    private ObjectNode open(ObjectNode request) {
        close();
        EngineOptions options = EngineOptions.defaults()
                .withThreads(request.path("threads").asInt())
                .withMaxSequences(1)
                .withContextLength(request.path("context").asInt());
        if (request.has("model")) {
            options = options.withModel(Path.of(request.path("model").asText()));
        }
        Optional<String> backend = backendOf(request);
        if (backend.isPresent()) {
            options = options.withBackend(backend.get());
        }
        options = overRanks(options, request);
        long start = System.nanoTime();
        Engine opened = opener.apply(options);
        long nanos = System.nanoTime() - start;
        engine = opened;
        subject = new EngineSubject(opened);
        ModelDescription model = opened.model();
        TokenTraffic traffic = opened.traffic();
        return object().put("backend", opened.backend())
                .put("load_seconds", nanos / 1e9)
                .put("step_tokens", options.maxStepTokens())
                .put("name", model.name())
                .put("architecture", model.architecture())
                .put("parameters", model.parameters())
                .put("packed_bytes", model.packedBytes())
                .put("layer_bytes", traffic.layerBytes())
                .put("head_bytes", traffic.headBytes())
                .put("candidate_bytes", traffic.candidateBytes())
                .put("kv_bytes_per_position", traffic.kvBytesPerPosition());
    }

    private EngineOptions overRanks(EngineOptions options, ObjectNode request) {
        int count = request.path("ranks").asInt(1);
        if (count == 1) {
            return options;
        }
        Optional<ShardPlan> plan = request.has("plan")
                ? Optional.of(ShardPlan.of(request.path("plan").asText()))
                : Optional.empty();
        EngineOptions spread = ranks.over(options, count, plan);
        int micros = request.path("added_latency_us").asInt();
        return micros == 0
                ? spread
                : spread.withCluster(SlowLink.between(spread.cluster().orElseThrow(), micros));
    }

    private ObjectNode ranks() {
        Engine running = engine;
        if (running == null) {
            throw new IllegalStateException("ranks before open");
        }
        return running.cluster().map(RankStatus::json).orElseGet(LocalWorker::object);
    }

    private ObjectNode run(ObjectNode request) {
        EngineSubject running = subject;
        if (running == null) {
            throw new IllegalStateException("run before open");
        }
        try {
            Outcome outcome = running.run(
                    TestKind.of(request.path("kind").asText()),
                    request.path("tokens").asInt(),
                    request.path("depth").asInt());
            return object().put("tokens_per_second", outcome.tokensPerSecond())
                    .put("seconds", outcome.nanos() / 1e9)
                    .put("allocated_bytes", outcome.allocatedBytes());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", 130);
        }
    }

    private ObjectNode memory() {
        ObjectNode answer = object();
        proc.peakResidentBytes().ifPresent(bytes -> answer.put("peak_rss_bytes", bytes));
        proc.hugePageBytes().ifPresent(bytes -> answer.put("huge_page_bytes", bytes));
        return answer;
    }

    private ObjectNode read(ObjectNode request) {
        long bytes = request.path("bytes").asLong();
        int threads = request.path("threads").asInt();
        MeasuredMemory memory = reads;
        if (memory == null) {
            memory = new MeasuredMemory(bytes, threads);
            reads = memory;
        }
        ObjectNode answer = object().put("bytes", memory.loop().bytes())
                .put("bytes_per_second", memory.loop().measure());
        if (threads > 1) {
            answer.put("line_trip_ns", LineTrip.measure());
        }
        return answer;
    }

    private ObjectNode kernels(ObjectNode request) {
        close();
        Optional<Path> model =
                request.has("model") ? Optional.of(Path.of(request.path("model").asText())) : Optional.empty();
        KernelSet set = KernelSet.open(
                KernelInputs.ofModel(model),
                backendOf(request),
                request.path("threads").asInt(),
                request.path("tokens").asInt());
        kernels = set;
        ObjectNode answer = object().put("backend", set.backend());
        ArrayNode list = answer.putArray("kernels");
        for (KernelCase one : set.cases()) {
            list.addObject()
                    .put("name", one.name())
                    .put("tokens", one.tokens())
                    .put("products", one.products())
                    .put("weights", one.weights())
                    .put("bytes", one.bytes())
                    .put("layout", one.layout());
        }
        return answer;
    }

    private ObjectNode kernel(ObjectNode request) {
        KernelSet set = kernels;
        if (set == null) {
            throw new IllegalStateException("kernel before kernels");
        }
        KernelCase one = set.find(request.path("name").asText());
        if (request.path("check").asBoolean()) {
            double error = one.relativeError();
            return Double.isNaN(error) ? object() : object().put("relative_error", error);
        }
        KernelCase.Timing timing = one.measure(request.path("seconds").asDouble());
        return object().put("seconds", timing.seconds()).put("allocated_bytes", timing.allocatedBytes());
    }

    @Override
    public void close() {
        if (kernels != null) {
            kernels.close();
            kernels = null;
        }
        if (engine != null) {
            engine.close();
            engine = null;
            subject = null;
        }
        if (reads != null) {
            reads.close();
            reads = null;
        }
    }
}
