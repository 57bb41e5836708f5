package org.ryzanstein.benchmarks.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A JSON object a line comes in and goes out, as in the server's workers: open, run and memory. */
final class PeerLoop {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Function<JsonNode, Peer> opener;
    private @Nullable Peer peer;

    private PeerLoop(Function<JsonNode, Peer> opener) {
        this.opener = opener;
    }

    /** Serves requests until the input ends. An engine's threads may outlive its model, so the process halts. */
    static void serve(Function<JsonNode, Peer> opener) throws IOException {
        PrintStream out = System.out;
        // Engines and native code print; only answers belong on standard output.
        System.setOut(System.err);
        PeerLoop loop = new PeerLoop(opener);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(MAPPER.writeValueAsString(loop.answer(MAPPER.readTree(line))));
            out.flush();
        }
        Runtime.getRuntime().halt(0);
    }

    private ObjectNode answer(JsonNode request) throws IOException {
        return switch (request.path("op").asText()) {
            case "open" -> open(request);
            case "run" ->
                run(request.path("kind").asText(), request.path("tokens").asInt());
            case "memory" -> memory();
            default -> throw new IllegalArgumentException("no such op: " + request);
        };
    }

    private ObjectNode open(JsonNode request) {
        long start = System.nanoTime();
        Peer opened = opener.apply(request);
        ObjectNode answer = MAPPER.createObjectNode().put("load_seconds", (System.nanoTime() - start) / 1e9);
        opened.describe(answer);
        peer = opened;
        return answer;
    }

    private ObjectNode run(String kind, int tokens) {
        Peer opened = peer;
        if (opened == null) {
            throw new IllegalStateException("run before open");
        }
        double seconds = kind.equals("PREFILL") ? opened.prefill(tokens) : opened.decode(tokens);
        return MAPPER.createObjectNode()
                .put("tokens_per_second", tokens / Math.max(1e-9, seconds))
                .put("seconds", seconds);
    }

    private static ObjectNode memory() throws IOException {
        ObjectNode answer = MAPPER.createObjectNode();
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                answer.put("peak_rss_bytes", Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024);
            }
        }
        return answer;
    }
}
