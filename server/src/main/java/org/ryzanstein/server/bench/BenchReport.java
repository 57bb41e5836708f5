package org.ryzanstein.server.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Everything that a run measured, and on what.
 *
 * @param commit that the program was built from
 * @param sections further objects of the report by their names, which only some suites have
 */
public record BenchReport(
        ObjectNode machine,
        ObjectNode jvm,
        ObjectNode model,
        String commit,
        List<Bandwidth> bandwidth,
        List<Result> results,
        Map<String, ObjectNode> sections) {
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final double DIGITS = 1e5;

    /**
     * Measured read bandwidth.
     *
     * @param bytes read in one pass, as many as a token reads
     * @param pages that most of them lay on
     * @param lineTripNanos what a cache line took from one processor to another and back, measured next to each sample; empty for
     *     one thread
     */
    public record Bandwidth(
            int threads, long bytes, String pages, Samples bytesPerSecond, Optional<Samples> lineTripNanos) {}

    /** A report without further sections. */
    public BenchReport(
            ObjectNode machine,
            ObjectNode jvm,
            ObjectNode model,
            String commit,
            List<Bandwidth> bandwidth,
            List<Result> results) {
        this(machine, jvm, model, commit, bandwidth, results, Map.of());
    }

    public BenchReport {
        sections = Map.copyOf(sections);
        bandwidth = List.copyOf(bandwidth);
        results = List.copyOf(results);
    }

    /** The report as a JSON object. */
    public ObjectNode json() {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.set("machine", machine);
        root.set("jvm", jvm);
        root.set("model", model);
        root.put("commit", commit);
        root.set("bandwidth", bandwidthJson());
        ArrayNode list = root.putArray("results");
        results.forEach(result -> list.add(json(result)));
        new TreeMap<>(sections).forEach(root::set);
        return root;
    }

    /** A JSON object as indented text. */
    public static String text(ObjectNode report) {
        try {
            return MAPPER.writeValueAsString(report);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("plain values can't be written as JSON", impossible);
        }
    }

    private ObjectNode bandwidthJson() {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        double most = bandwidth.stream()
                .mapToDouble(one -> one.bytesPerSecond().median())
                .max()
                .orElse(0);
        node.put("bytes_per_second", rounded(most));
        ArrayNode list = node.putArray("measurements");
        for (Bandwidth one : bandwidth) {
            ObjectNode entry = list.addObject();
            entry.put("threads", one.threads()).put("bytes", one.bytes()).put("pages", one.pages());
            entry.set("bytes_per_second", json(one.bytesPerSecond()));
            one.lineTripNanos().ifPresent(trips -> entry.set("line_trip_ns", json(trips)));
        }
        return node;
    }

    private static ObjectNode json(Result result) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("suite", result.suite().text())
                .put("test", result.test())
                .put("backend", result.backend())
                .put("threads", result.threads())
                .put("ranks", result.ranks());
        node.set("tokens_per_second", json(result.tokensPerSecond()));
        put(node, "bytes_per_token", result.bytesPerToken());
        put(node, "bandwidth_share", result.bandwidthShare());
        put(node, "allocated_bytes_per_token", result.allocatedBytesPerToken());
        put(node, "peak_rss_bytes", result.peakResidentBytes());
        new TreeMap<>(result.details()).forEach((key, value) -> node.set(key, MAPPER.valueToTree(value)));
        return node;
    }

    static ObjectNode json(Samples samples) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("median", rounded(samples.median()))
                .put("min", rounded(samples.min()))
                .put("max", rounded(samples.max()));
        ArrayNode values = node.putArray("samples");
        for (double value : samples.values()) {
            values.add(rounded(value));
        }
        return node;
    }

    private static void put(ObjectNode node, String name, OptionalDouble value) {
        if (value.isPresent()) {
            node.put(name, rounded(value.getAsDouble()));
        } else {
            node.putNull(name);
        }
    }

    private static void put(ObjectNode node, String name, OptionalLong value) {
        if (value.isPresent()) {
            node.put(name, value.getAsLong());
        } else {
            node.putNull(name);
        }
    }

    /** To five digits after the point: no measurement here is better. */
    private static double rounded(double value) {
        return Math.abs(value) < 1e9 ? Math.rint(value * DIGITS) / DIGITS : Math.rint(value);
    }
}
