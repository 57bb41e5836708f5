package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.synthesize.Shape;
import org.ryzanstein.loader.synthesize.Synthesizer;

/** Synthetic models load and generate, and the type that holds their weights changes nothing. */
class SynthesizedModelTest {
    private static final Map<String, List<String>> OUTCOMES = new ConcurrentHashMap<>();

    @TempDir
    Path scratch;

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"TQ2_0", "TQ1_0", "I2_S", "F16"})
    void aSmallShapeGeneratesTheSameInEachType(TensorType type, TestReporter reporter)
            throws IOException, InterruptedException {
        generate(Shape.BITNET_TINY_LONG, type, 300, 5, reporter);
    }

    @Tag("long")
    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"TQ2_0", "TQ1_0", "I2_S"})
    void theShapeOfTwoBillionGeneratesTheSameInEachTernaryType(TensorType type, TestReporter reporter)
            throws IOException, InterruptedException {
        generate(Shape.BITNET_2B_4T, type, 4, 2, reporter);
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F32", "F16", "Q8_0", "Q4_0", "Q4_K", "Q6_K", "TQ1_0", "TQ2_0", "I2_S"})
    void smallOrdinaryShapesGenerateInEachType(TensorType type, TestReporter reporter)
            throws IOException, InterruptedException {
        generate(Shape.LLAMA_TINY, type, 40, 4, reporter);
        generate(Shape.QWEN3_TINY, type, 40, 4, reporter);
    }

    @Tag("long")
    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"Q8_0", "Q4_0", "Q4_K", "F16", "TQ2_0"})
    void theShapesOfOneBillionAndOfSixHundredMillionGenerateInEachType(TensorType type, TestReporter reporter)
            throws IOException, InterruptedException {
        generate(Shape.QWEN3_06B, type, 4, 2, reporter);
        generate(Shape.LLAMA_1B, type, 4, 2, reporter);
    }

    private void generate(Shape shape, TensorType type, int promptTokens, int newTokens, TestReporter reporter)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        Path path = scratch.resolve("model.gguf");
        Synthesizer.write(path, shape, type, TensorType.F16, 1, ProgressListener.NONE);
        long written = System.nanoTime();
        EngineOptions options =
                EngineOptions.defaults().withModel(path).withThreads(2).withContextLength(512);
        try (Engine engine = Ryzanstein.open(options)) {
            long opened = System.nanoTime();
            int[] prompt = new int[promptTokens];
            Arrays.setAll(prompt, i -> 11 + 3 * i);
            LogitsHash hash = new LogitsHash();
            GenerationResult result = engine.submit(
                            GenerationRequest.greedy(prompt, newTokens)
                                    .withIgnoreEndOfGeneration(true)
                                    .withLogits(promptTokens - 1, (position, logits) -> hash.add(logits)),
                            GenerationListener.NONE)
                    .await();
            long ended = System.nanoTime();
            Runtime runtime = Runtime.getRuntime();
            Published.entry(
                    reporter,
                    shape.text() + " in " + type,
                    "file " + Files.size(path) / 1_000_000 + " MB, "
                            + engine.model().parameters()
                            + " parameters, written in " + millis(start, written) + " ms, loaded in "
                            + millis(written, opened) + " ms, " + promptTokens + " + " + newTokens + " tokens in "
                            + millis(opened, ended) + " ms, packed "
                            + engine.model().packedBytes() / 1_000_000 + " MB, heap in use "
                            + (runtime.totalMemory() - runtime.freeMemory()) / 1_000_000
                            + " MB of " + runtime.maxMemory() / 1_000_000);
            assertThat(result.tokens()).hasSize(newTokens);
            List<String> outcome = List.of(Arrays.toString(result.ids()), hash.take());
            assertThat(outcome).isEqualTo(OUTCOMES.computeIfAbsent(shape + " " + weights(shape, type), any -> outcome));
        }
    }

    /** What the types have in common that store the same weights. */
    private static String weights(Shape shape, TensorType type) {
        return switch (type) {
            case TQ1_0, TQ2_0, I2_S -> "ternary";
            case F32, F16 -> shape.text().startsWith("bitnet") ? "ternary" : "floats";
            default -> type.toString();
        };
    }

    private static long millis(long from, long to) {
        return (to - from) / 1_000_000;
    }
}
