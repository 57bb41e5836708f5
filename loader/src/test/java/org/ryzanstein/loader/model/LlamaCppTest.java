package org.ryzanstein.loader.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ryzanstein.loader.format.GgufFile;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.synthesize.Shape;
import org.ryzanstein.loader.synthesize.Synthesizer;
import org.ryzanstein.loader.tokenizer.SharedData;

/** The same files in llama.cpp (de.kherud:llama, by JNI) and here. */
class LlamaCppTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private final LlamaCppComparison comparison = new LlamaCppComparison("the quick brown fox");

    @BeforeAll
    static void llamaCppIsThere() {
        LlamaCppProcess.assumeAvailable();
    }

    /** Architecture qwen3 is younger than this llama.cpp. */
    @Test
    void synthesizedFilesLoadThereAndGiveTheSameTokens() throws IOException, InterruptedException {
        synthesize(TensorType.F32, TensorType.F32, 0.01f);
        synthesize(TensorType.F16, TensorType.F16, 0.05f);
        synthesize(TensorType.Q8_0, TensorType.Q8_0, 0.2f);
        synthesize(TensorType.Q4_0, TensorType.Q6_K, 0.2f);
        synthesize(TensorType.Q4_K, TensorType.F16, 0.2f);
        synthesize(TensorType.Q6_K, TensorType.Q6_K, 0.2f);
        synthesize(TensorType.TQ1_0, TensorType.F16, 0.2f);
        synthesize(TensorType.TQ2_0, TensorType.F16, 0.2f);
        comparison.run(folder, 9);
    }

    private void synthesize(TensorType type, TensorType head, float narrow) throws IOException {
        Path path = folder.resolve(type + ".gguf");
        Synthesizer.write(path, Shape.LLAMA_TINY, type, head, 3, ProgressListener.NONE);
        comparison.add(path, narrow);
    }

    @Test
    void variantsOfTheFamilyGiveTheSameTokens() throws IOException, InterruptedException {
        Path vocabulary = folder.resolve("vocabulary.gguf");
        Synthesizer.write(vocabulary, Shape.LLAMA_TINY, TensorType.TQ2_0, TensorType.F16, 1, ProgressListener.NONE);
        try (GgufFile tokens = GgufFile.open(vocabulary)) {
            add("qwen2", tokens, SyntheticLlama.of("qwen2"), writer -> {});
            add("biases", tokens, SyntheticLlama.of("llama").biased(), writer -> {});
            add("odd", tokens, SyntheticLlama.of("llama").heads(3, 1, 20).widths(60, 75), writer -> {});
            add(
                    "linear",
                    tokens,
                    SyntheticLlama.of("llama"),
                    writer -> writer.text("llama.rope.scaling.type", "linear").float32("llama.rope.scaling.factor", 3));
            add(
                    "yarn",
                    tokens,
                    SyntheticLlama.of("llama").heads(2, 1, 32),
                    writer -> writer.text("llama.rope.scaling.type", "yarn")
                            .float32("llama.rope.scaling.factor", 4)
                            .float32("llama.rope.scaling.attn_factor", 1.25f)
                            .uint32("llama.rope.scaling.original_context_length", 64));
            add(
                    "factors",
                    tokens,
                    SyntheticLlama.of("llama"),
                    writer -> writer.tensor("rope_freqs.weight", TensorType.F32, List.of(4L), sink -> {
                        byte[] bytes = SyntheticLlama.bytes(TensorType.F32, 1, 1.5f, 7, 32);
                        sink.write(bytes, 0, bytes.length);
                    }));
            comparison.run(folder, 9);
        }
    }

    private void add(String name, GgufFile tokens, SyntheticLlama.Builder builder, Consumer<GgufWriter> more)
            throws IOException {
        SyntheticLlama model = builder.vocabulary(2048).seed(5).build();
        Path path = model.writeGguf(folder.resolve(name + ".gguf"), TensorType.TQ2_0, writer -> {
            tokens.metadata().keys().stream()
                    .filter(key -> key.startsWith("tokenizer."))
                    .forEach(key -> writer.copy(tokens, key));
            more.accept(writer);
        });
        comparison.add(path, 0.01f);
    }

    /** The stored text of the Q8_0 file is another build's, whose kernels round otherwise; so ours stands for it. */
    @Test
    void storiesThereAreTheStoredOnesAndOurs() throws IOException, InterruptedException {
        JsonNode reference = JSON.readTree(SharedData.path("stories260K")
                .resolve("reference-llama.cpp.json")
                .toFile());
        List<JsonNode> stored = new ArrayList<>();
        List<LlamaCppProcess.Request> requests = new ArrayList<>();
        for (JsonNode one : reference.get("cases")) {
            String file = one.get("file").asText();
            if (file.endsWith("f32.gguf") || file.endsWith("q8_0.gguf")) {
                stored.add(one);
                requests.add(new LlamaCppProcess.Request(
                        SharedData.path("stories260K").resolve(file),
                        one.get("prompt").asText(),
                        one.get("greedy_ids").size()));
            }
        }
        List<LlamaCppProcess.Answer> answers = LlamaCppProcess.run(folder, requests);
        int steps = 0;
        for (int i = 0; i < requests.size(); i++) {
            JsonNode one = stored.get(i);
            String text = one.get("prompt").asText() + answers.get(i).text();
            if (one.get("file").asText().endsWith("f32.gguf")) {
                assertThat(text).isEqualTo(one.get("text").asText());
            } else {
                List<String> pieces = storyPieces(requests.get(i).model(), one);
                assertThat(text).startsWith(one.get("prompt").asText() + String.join("", pieces));
                steps += pieces.size();
            }
        }
        assertThat(steps).as("steps of Q8_0 compared").isGreaterThan(30);
    }

    /** What we generate after a stored prompt, up to the first narrow step. */
    private static List<String> storyPieces(Path path, JsonNode stored) throws IOException {
        List<String> vocabulary;
        try (GgufFile file = GgufFile.open(path)) {
            vocabulary = file.metadata().strings("tokenizer.ggml.tokens").orElseThrow();
        }
        int[] prompt = new int[stored.get("ids").size()];
        for (int i = 0; i < prompt.length; i++) {
            prompt[i] = stored.get("ids").get(i).asInt();
        }
        List<String> pieces = new ArrayList<>();
        try (ModelRunner runner = new ModelRunner(path, 32)) {
            List<float[]> logits = runner.feed(prompt);
            while (pieces.size() < stored.get("greedy_ids").size() && ModelRunner.gap(logits.getLast()) >= 0.1f) {
                int id = ModelRunner.argmax(logits.getLast());
                pieces.add(vocabulary.get(id).replace('\u2581', ' ').replace("<0x0A>", "\n"));
                logits = runner.feed(id);
            }
        }
        return pieces;
    }
}
