package org.ryzanstein.benchmarks.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.LogFormat;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * llama.cpp by JNI ({@code de.kherud:llama}). A JSON object a line comes in and goes out, as in the server's workers: open, run
 * and memory.
 *
 * <p>Its API says nothing of times, and streams text rather than tokens. Prefill is the time of a completion of one token;
 * decode is what a completion of n + 1 tokens takes longer than one of a single token.
 */
public final class LlamaCppPeer {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String[] WORDS = {
        "once", " upon", " a", " time", " the", " cat", " and", " dog", " ran", " home"
    };

    private final SplittableRandom random = new SplittableRandom(1);
    private @Nullable LlamaModel model;

    private LlamaCppPeer() {}

    /** Serves requests until the input ends. Native threads outlive a model that is closed, so the process halts. */
    public static void main(String[] arguments) throws IOException {
        PrintStream out = System.out;
        // Native code and its wrapper may print; only answers belong on standard output.
        System.setOut(System.err);
        LlamaModel.setLogger(LogFormat.TEXT, (level, message) -> {});
        LlamaCppPeer peer = new LlamaCppPeer();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(MAPPER.writeValueAsString(peer.answer(MAPPER.readTree(line))));
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
        int threads = request.path("threads").asInt();
        long start = System.nanoTime();
        // Its context must be longer than a batch.
        model = new LlamaModel(new ModelParameters()
                .setModel(request.path("model").asText())
                .setCtxSize(Math.max(1024, 2 * request.path("context").asInt()))
                .setThreads(threads)
                .setThreadsBatch(threads)
                .disableLog());
        return MAPPER.createObjectNode()
                .put("backend", "llama.cpp-jni")
                .put("load_seconds", (System.nanoTime() - start) / 1e9);
    }

    private ObjectNode run(String kind, int tokens) {
        boolean prefill = kind.equals("PREFILL");
        double seconds;
        if (prefill) {
            seconds = timed(prompt(tokens), 1);
        } else {
            seconds = timed(prompt(1), tokens + 1) - timed(prompt(1), 1);
        }
        return MAPPER.createObjectNode()
                .put("tokens_per_second", tokens / Math.max(1e-9, seconds))
                .put("seconds", seconds);
    }

    private double timed(String prompt, int tokens) {
        long start = System.nanoTime();
        opened().complete(new InferenceParameters(prompt)
                .setTemperature(0)
                .setIgnoreEos(true)
                .setCachePrompt(false)
                .setNPredict(tokens));
        return (System.nanoTime() - start) / 1e9;
    }

    private LlamaModel opened() {
        if (model == null) {
            throw new IllegalStateException("run before open");
        }
        return model;
    }

    /** Words that are so many tokens, other ones each time. */
    private String prompt(int tokens) {
        StringBuilder text = new StringBuilder();
        do {
            text.append(WORDS[random.nextInt(WORDS.length)]);
        } while (opened().encode(text.toString()).length < tokens);
        while (text.length() > 1 && opened().encode(text.toString()).length > tokens) {
            text.setLength(text.length() - 1);
        }
        return text.toString();
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
