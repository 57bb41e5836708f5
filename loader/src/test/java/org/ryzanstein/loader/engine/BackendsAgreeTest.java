package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.sampling.SamplingOptions;
import org.ryzanstein.loader.synthesize.Shape;
import org.ryzanstein.loader.synthesize.Synthesizer;

/** Token ids and logits of whole models, to the bit, on every backend of this machine and with every number of threads. */
class BackendsAgreeTest {
    private static final String REFERENCE = "scalar";
    private static final int[] THREADS = {1, 2, 3, 4, 8};

    @TempDir
    Path scratch;

    /** Ids and logits of one request. */
    private record Outcome(List<Integer> ids, List<String> logits) {}

    /** The ternary model that the program holds, and one with rounded scales. */
    @ParameterizedTest
    @EnumSource(
            value = Encoding.class,
            names = {"I2_S", "TQ1_0"})
    void runATernaryModelAlike(Encoding encoding, TestReporter reporter) throws IOException, InterruptedException {
        compare(encoding.locate(scratch), 200, 12, reporter);
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32", "f16", "bf16", "q8_0", "q4_0"})
    void runASmallLlamaAlike(String type, TestReporter reporter) throws InterruptedException {
        compare(Optional.of(Reference.shared("stories260K/stories260K-" + type + ".gguf")), 280, 12, reporter);
    }

    /** Types whose rows are multiples of 256, which the small Llama's are not, and a model with norms of queries and keys. */
    @ParameterizedTest
    @CsvSource({
        "LLAMA_TINY, Q4_K, Q6_K, 40",
        "LLAMA_TINY, Q6_K, Q8_0, 40",
        "LLAMA_TINY, TQ1_0, F16, 40",
        "QWEN3_TINY, Q8_0, Q6_K, 40",
        "BITNET_TINY_LONG, TQ2_0, F16, 520"
    })
    void runSyntheticModelsAlike(Shape shape, TensorType type, TensorType head, int promptTokens, TestReporter reporter)
            throws IOException, InterruptedException {
        Path file = scratch.resolve("model.gguf");
        Synthesizer.write(file, shape, type, head, 3, ProgressListener.NONE);
        compare(Optional.of(file), promptTokens, 8, reporter);
    }

    @Tag("long")
    @Test
    void runTheShapeOfTwoBillionAlike(TestReporter reporter) throws IOException, InterruptedException {
        Path file = scratch.resolve("model.gguf");
        Synthesizer.write(file, Shape.BITNET_2B_4T, TensorType.I2_S, TensorType.F16, 3, ProgressListener.NONE);
        compare(Optional.of(file), 40, 8, reporter);
    }

    private static void compare(Optional<Path> model, int promptTokens, int newTokens, TestReporter reporter)
            throws InterruptedException {
        List<Outcome> expected = run(model, REFERENCE, 1, promptTokens, newTokens);
        assertThat(expected).allSatisfy(outcome -> {
            assertThat(outcome.ids()).hasSize(newTokens);
        });
        assertThat(expected.getFirst().logits()).hasSize(promptTokens + newTokens - 1);
        List<String> backends = available();
        for (String backend : backends) {
            for (int threads : THREADS) {
                assertThat(run(model, backend, threads, promptTokens, newTokens))
                        .as("%s, %d threads", backend, threads)
                        .isEqualTo(expected);
            }
        }
        Published.entry(
                reporter,
                "alike",
                model.map(Path::getFileName).map(Path::toString).orElse("the embedded model") + " on " + backends
                        + " with " + Arrays.toString(THREADS) + " threads");
    }

    /** Backends of this machine; the reference is one of them. */
    private static List<String> available() {
        ProviderReport report = KernelBackends.choose(Optional.of(REFERENCE)).report();
        return report.entries().stream()
                .filter(entry -> entry.score().isPresent())
                .map(ProviderReport.Entry::name)
                .toList();
    }

    /** All requests side by side: greedy with all logits, greedy by the head's candidates, and two ways of sampling. */
    private static List<Outcome> run(Optional<Path> model, String backend, int threads, int promptTokens, int newTokens)
            throws InterruptedException {
        EngineOptions options = EngineOptions.defaults()
                .withBackend(backend)
                .withThreads(threads)
                .withContextLength(promptTokens + newTokens);
        try (Engine engine = Ryzanstein.open(model.map(options::withModel).orElse(options))) {
            int vocabulary = engine.model().vocabularySize();
            int[] prompt = new Random(9).ints(promptTokens, 0, vocabulary).toArray();
            List<List<String>> logits = new ArrayList<>();
            List<Generation> generations = new ArrayList<>();
            for (GenerationRequest request : requests(prompt, newTokens).toList()) {
                List<String> hashes = new ArrayList<>();
                logits.add(hashes);
                generations.add(engine.submit(
                        generations.isEmpty()
                                ? request.withLogits(0, (position, row) -> hashes.add(LogitsHash.of(row)))
                                : request,
                        GenerationListener.NONE));
            }
            List<Outcome> outcomes = new ArrayList<>();
            for (int i = 0; i < generations.size(); i++) {
                int[] ids = generations.get(i).await().ids();
                outcomes.add(new Outcome(Arrays.stream(ids).boxed().toList(), logits.get(i)));
            }
            return outcomes;
        }
    }

    private static Stream<GenerationRequest> requests(int[] prompt, int newTokens) {
        SamplingOptions.Builder sampled =
                SamplingOptions.builder().temperature(0.9f).seed(17);
        return Stream.of(
                        GenerationRequest.greedy(prompt, newTokens),
                        GenerationRequest.greedy(Arrays.copyOf(prompt, 7), newTokens),
                        GenerationRequest.greedy(prompt, newTokens)
                                .withSampling(sampled.topK(40).build()),
                        GenerationRequest.greedy(Arrays.copyOf(prompt, 1), newTokens)
                                .withSampling(sampled.topK(0).topP(0.95f).build()))
                .map(request -> request.withIgnoreEndOfGeneration(true));
    }
}
