package org.ryzanstein.loader.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.EngineOptions;
import org.ryzanstein.loader.engine.GenerationListener;
import org.ryzanstein.loader.engine.GenerationRequest;
import org.ryzanstein.loader.format.GgufFile;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.synthesize.Shape;
import org.ryzanstein.loader.synthesize.Synthesizer;
import org.ryzanstein.loader.tokenizer.EncodeOptions;
import org.ryzanstein.loader.tokenizer.SharedData;

/** The same files in llama.cpp (de.kherud:llama, by JNI) and here. */
class LlamaCppTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final float NARROW = 0.2f;

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

    /** Llama 3.2 1B's shape: the same prompt, and the same tokens up to the first narrow step. */
    @Tag("long")
    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"Q8_0", "Q4_0", "Q4_K", "F16", "TQ2_0"})
    void theShapeOfOneBillionLoadsThere(TensorType type, TestReporter reporter)
            throws IOException, InterruptedException {
        Path path = folder.resolve("1b.gguf");
        Synthesizer.write(path, Shape.LLAMA_1B, type, TensorType.F16, 1, ProgressListener.NONE);
        String prompt = "a few words";
        int tokens = 3;
        LlamaCppProcess.Answer answer = LlamaCppProcess.run(
                        folder, List.of(new LlamaCppProcess.Request(path, prompt, tokens)))
                .getFirst();
        StringBuilder text = new StringBuilder();
        List<Float> gaps = new ArrayList<>();
        try (Engine engine = Ryzanstein.open(
                EngineOptions.defaults().withModel(path).withThreads(2).withContextLength(256))) {
            assertThat(engine.tokenizer().encode(prompt, new EncodeOptions(false, true)))
                    .isEqualTo(answer.promptIds());
            int[] ids = engine.tokenizer().encode(prompt, new EncodeOptions(true, true));
            int[] generated = engine.submit(
                            GenerationRequest.greedy(ids, tokens)
                                    .withIgnoreEndOfGeneration(true)
                                    .withLogits(
                                            ids.length - 1, (position, logits) -> gaps.add(ModelRunner.gap(logits))),
                            GenerationListener.NONE)
                    .await()
                    .ids();
            for (int i = 0; i < tokens && gaps.get(i) >= NARROW; i++) {
                text.append(new String(engine.tokenizer().bytes(generated[i]), StandardCharsets.US_ASCII));
            }
        }
        String found = type + ": llama.cpp \"" + answer.text() + "\", here \"" + text
                + "\" before the first narrow step," + " gaps " + gaps;
        reporter.publishEntry("llama-1b in llama.cpp", found);
        System.getLogger(LlamaCppTest.class.getName()).log(System.Logger.Level.INFO, found);
        assertThat(answer.text()).isNotEmpty().startsWith(text.toString());
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
