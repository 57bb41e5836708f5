package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.sampling.SamplingOptions;
import org.ryzanstein.loader.synthesize.Shape;
import org.ryzanstein.loader.synthesize.Synthesizer;

/** A request's tokens and logits, to the bit, whatever runs beside it and however its prompt is cut. */
class InvarianceTest {
    private static final int VOCABULARY = 2048;

    /** Prompts shorter and longer than one attention block of 256, at its border, and of a single token. */
    private static final int[] PROMPTS = {310, 1, 255, 7, 513, 40, 256, 97};

    private static final int[] GENERATED = {24, 40, 6, 30, 8, 25, 12, 20};

    @TempDir
    static Path scratch;

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static Path model;

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static List<Outcome> alone;

    /** What must not depend on anything: generated ids, and the hash of the logits that each was chosen from. */
    private record Outcome(List<Integer> ids, List<String> hashes) {}

    @BeforeAll
    static void runEachAlone() throws IOException, InterruptedException {
        model = scratch.resolve("bitnet-tiny-long.gguf");
        Synthesizer.write(model, Shape.BITNET_TINY_LONG, TensorType.TQ2_0, TensorType.F32, 7, ProgressListener.NONE);
        alone = new ArrayList<>();
        try (Engine engine = open(1, 1024)) {
            for (int i = 0; i < PROMPTS.length; i++) {
                Recorder recorder = new Recorder();
                GenerationResult result = engine.submit(request(i).withLogits(PROMPTS[i] - 1, recorder), recorder)
                        .await();
                alone.add(recorder.outcome(result));
            }
        }
    }

    @Test
    void theRequestsDiffer() {
        assertThat(alone.stream().map(Outcome::ids)).doesNotHaveDuplicates();
        for (int i = 0; i < PROMPTS.length; i++) {
            assertThat(alone.get(i).ids()).hasSize(GENERATED[i]);
            assertThat(alone.get(i).hashes()).hasSize(GENERATED[i]).doesNotHaveDuplicates();
        }
    }

    @ParameterizedTest(name = "{0} threads, steps of {1}")
    @CsvSource({"1, 64", "2, 13", "3, 512", "5, 8"})
    void isTheSameBesideSevenOthersThatComeAndGo(int threads, int stepTokens) throws InterruptedException {
        try (Engine engine = open(threads, stepTokens)) {
            Recorder[] recorders = new Recorder[PROMPTS.length];
            ConcurrentMap<Integer, Generation> generations = new ConcurrentHashMap<>();
            // The first request's logits pace the arrival of the others: one more joins after each of its tokens.
            recorders[0] = new Recorder() {
                private int arrived = 1;

                @Override
                public void logits(int position, float[] logits) {
                    super.logits(position, logits);
                    if (arrived < PROMPTS.length) {
                        int i = arrived++;
                        generations.put(
                                i, engine.submit(request(i).withLogits(PROMPTS[i] - 1, recorders[i]), recorders[i]));
                    }
                }
            };
            for (int i = 1; i < recorders.length; i++) {
                recorders[i] = new Recorder();
            }
            Generation first = engine.submit(request(0).withLogits(PROMPTS[0] - 1, recorders[0]), recorders[0]);
            generations.put(0, first);
            first.await();
            for (int i = 0; i < PROMPTS.length; i++) {
                assertThat(recorders[i].outcome(
                                Objects.requireNonNull(generations.get(i)).await()))
                        .as("request %d", i)
                        .isEqualTo(alone.get(i));
            }
        }
    }

    @ParameterizedTest(name = "{0} threads, steps of {1}")
    @CsvSource({"2, 8", "3, 100"})
    void isTheSameWhenTheHeadReturnsCandidatesOnly(int threads, int stepTokens) throws InterruptedException {
        try (Engine engine = open(threads, stepTokens)) {
            List<Generation> generations = new ArrayList<>();
            for (int i = PROMPTS.length - 1; i >= 0; i--) {
                generations.addFirst(engine.submit(request(i), GenerationListener.NONE));
            }
            for (int i = 0; i < PROMPTS.length; i++) {
                assertThat(Arrays.stream(generations.get(i).await().ids()).boxed())
                        .as("request %d", i)
                        .isEqualTo(alone.get(i).ids());
            }
        }
    }

    @Test
    void logitsOfAllPositionsAreTheSameInChunksAndWhole() throws InterruptedException {
        List<String> whole = hashesOfAllPositions(1, 512);
        assertThat(whole).hasSize(PROMPTS[2]);
        assertThat(hashesOfAllPositions(2, 13)).isEqualTo(whole);
    }

    private static List<String> hashesOfAllPositions(int threads, int stepTokens) throws InterruptedException {
        try (Engine engine = open(threads, stepTokens)) {
            Recorder recorder = new Recorder();
            int[] prompt = request(2).prompt();
            engine.submit(GenerationRequest.greedy(prompt, 0).withLogits(0, recorder), recorder)
                    .await();
            return recorder.hashes;
        }
    }

    private static Engine open(int threads, int stepTokens) {
        return Ryzanstein.open(EngineOptions.defaults()
                .withModel(model)
                .withThreads(threads)
                .withMaxSequences(Math.min(8, stepTokens))
                .withMaxStepTokens(stepTokens)
                .withContextLength(1024));
    }

    /** Every other request is greedy; the rest are sampled, with top-k or from all tokens. */
    private static GenerationRequest request(int i) {
        Random random = new Random(100 + i);
        int[] prompt = random.ints(PROMPTS[i], 0, VOCABULARY).toArray();
        SamplingOptions sampling = i % 2 == 0
                ? SamplingOptions.greedy()
                : SamplingOptions.builder()
                        .temperature(0.9f)
                        .topK(i % 4 == 1 ? 50 : 0)
                        .topP(0.95f)
                        .seed(i)
                        .build();
        return GenerationRequest.greedy(prompt, GENERATED[i])
                .withSampling(sampling)
                .withIgnoreEndOfGeneration(true);
    }

    private static class Recorder implements LogitsObserver, GenerationListener {
        private final List<String> hashes = new ArrayList<>();

        @Override
        public void logits(int position, float[] logits) {
            hashes.add(LogitsHash.of(logits));
        }

        Outcome outcome(GenerationResult result) {
            return new Outcome(Arrays.stream(result.ids()).boxed().toList(), hashes);
        }
    }
}
