package org.ryzanstein.benchmarks.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.LogFormat;
import java.io.IOException;
import java.util.SplittableRandom;

/**
 * llama.cpp by JNI ({@code de.kherud:llama}).
 *
 * <p>Its API says nothing of times, and streams text rather than tokens. Prefill is the time of a completion of one token;
 * decode is what a completion of n + 1 tokens takes longer than one of a single token.
 */
public final class LlamaCppPeer implements Peer {
    private static final String[] WORDS = {
        "once", " upon", " a", " time", " the", " cat", " and", " dog", " ran", " home"
    };

    private final SplittableRandom random = new SplittableRandom(1);
    private final LlamaModel model;

    private LlamaCppPeer(LlamaModel model) {
        this.model = model;
    }

    /** Serves requests until the input ends. */
    public static void main(String[] arguments) throws IOException {
        PeerLoop.serve(LlamaCppPeer::open);
    }

    private static Peer open(JsonNode request) {
        LlamaModel.setLogger(LogFormat.TEXT, (level, message) -> {});
        int threads = request.path("threads").asInt();
        // Its context must be longer than a batch.
        return new LlamaCppPeer(new LlamaModel(new ModelParameters()
                .setModel(request.path("model").asText())
                .setCtxSize(Math.max(1024, 2 * request.path("context").asInt()))
                .setThreads(threads)
                .setThreadsBatch(threads)
                .disableLog()));
    }

    @Override
    public void describe(ObjectNode answer) {
        answer.put("backend", "llama.cpp-jni");
    }

    @Override
    public double prefill(int tokens) {
        return timed(prompt(tokens), 1);
    }

    @Override
    public double decode(int tokens) {
        return timed(prompt(1), tokens + 1) - timed(prompt(1), 1);
    }

    private double timed(String prompt, int tokens) {
        long start = System.nanoTime();
        model.complete(new InferenceParameters(prompt)
                .setTemperature(0)
                .setIgnoreEos(true)
                .setCachePrompt(false)
                .setNPredict(tokens));
        return (System.nanoTime() - start) / 1e9;
    }

    /** Words that are so many tokens, other ones each time. */
    private String prompt(int tokens) {
        StringBuilder text = new StringBuilder();
        do {
            text.append(WORDS[random.nextInt(WORDS.length)]);
        } while (model.encode(text.toString()).length < tokens);
        while (text.length() > 1 && model.encode(text.toString()).length > tokens) {
            text.setLength(text.length() - 1);
        }
        return text.toString();
    }
}
