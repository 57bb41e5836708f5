package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.cluster.ClusterStatus;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.cluster.Worker;
import org.ryzanstein.loader.sampling.SamplingOptions;
import org.ryzanstein.loader.tokenizer.EncodeOptions;
import org.ryzanstein.loader.tokenizer.SharedData;

/** An engine over several ranks: the same tokens and logits as alone, also when ranks die in the middle of an answer. */
class RanksTest {
    private static final int TOKENS = 40;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static List<Outcome> alone;

    private record Outcome(List<Integer> ids, List<String> hashes) {}

    /** What a request gave; with all logits or with candidates only. */
    private static class Recorder extends RecordingListener implements LogitsObserver {
        private final List<String> hashes = new ArrayList<>();

        @Override
        public void logits(int position, float[] logits) {
            hashes.add(LogitsHash.of(logits));
        }

        Outcome outcome() {
            return new Outcome(ids(), List.copyOf(hashes));
        }
    }

    private static EngineOptions options() {
        return EngineOptions.defaults().withThreads(1).withMaxSequences(3).withMaxStepTokens(16);
    }

    private static GenerationRequest request(Engine engine, int number) {
        int[] prompt = engine.tokenizer()
                .encode(
                        List.of(
                                        "Once upon a time there was a little girl who",
                                        "The dog",
                                        "One day, in the big forest,")
                                .get(number),
                        new EncodeOptions(true, false));
        GenerationRequest greedy = GenerationRequest.greedy(prompt, TOKENS).withIgnoreEndOfGeneration(true);
        return switch (number) {
            case 0 -> greedy;
            case 1 ->
                greedy.withSampling(SamplingOptions.builder()
                        .temperature(0.9f)
                        .topP(0.95f)
                        .seed(7)
                        .build());
            default ->
                greedy.withSampling(SamplingOptions.builder()
                        .temperature(1f)
                        .topK(20)
                        .seed(3)
                        .build());
        };
    }

    private static List<Outcome> runAll(Engine engine, List<Recorder> recorders) throws InterruptedException {
        List<Generation> generations = new ArrayList<>();
        for (int i = 0; i < recorders.size(); i++) {
            GenerationRequest request = request(engine, i);
            // The last one's logits stay where they are computed.
            GenerationRequest observed = i == 2 ? request : request.withLogits(0, recorders.get(i));
            generations.add(engine.submit(observed, recorders.get(i)));
        }
        for (Generation generation : generations) {
            generation.await();
        }
        return recorders.stream().map(Recorder::outcome).toList();
    }

    private static List<Recorder> recorders() {
        return List.of(new Recorder(), new Recorder(), new Recorder());
    }

    @BeforeAll
    static void runAlone() throws InterruptedException {
        try (Engine engine = Ryzanstein.open(options())) {
            assertThat(engine.cluster()).isEmpty();
            alone = runAll(engine, recorders());
        }
        assertThat(alone.get(0).hashes()).hasSizeGreaterThan(TOKENS);
    }

    private static ClusterStatus status(Engine engine) {
        return engine.cluster().orElseThrow();
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long: " + what).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, ALL_SPLIT", "2, ALL_SPLIT", "3, OUTPUT_REPLICATED", "4, ATTENTION_REPLICATED", "5, ALL_SPLIT"})
    void givesTheSameTokensAndLogitsOverSeveralRanks(int ranks, ShardPlan plan) throws InterruptedException {
        try (LocalRanks group = new LocalRanks(Optional.empty())) {
            Engine engine = group.open(options(), ranks, plan);
            assertThat(runAll(engine, recorders())).isEqualTo(alone);
            ClusterStatus status = status(engine);
            assertThat(status.worldSize()).isEqualTo(ranks);
            assertThat(status.plan()).isEqualTo(plan.label());
            assertThat(status.ranks())
                    .allSatisfy(rank -> assertThat(rank.packedBytes()).isPositive());
            assertThat(status.recoveryCount()).isZero();
            assertThat(status.steps()).isPositive();
        }
    }

    @Test
    void goesOnWithTheSameAnswersWhenRanksDieInTheMiddle() throws InterruptedException {
        try (LocalRanks group = new LocalRanks(Optional.empty())) {
            Engine engine = group.open(options(), 4, ShardPlan.ALL_SPLIT);
            List<Recorder> recorders = List.of(
                    new Recorder(),
                    new Recorder() {
                        @Override
                        public void logits(int position, float[] logits) {
                            super.logits(position, logits);
                            if (position == 10) {
                                group.workers().get(1).close();
                            }
                            if (position == 25) {
                                group.workers().get(0).close();
                                group.workers().get(2).close();
                            }
                        }
                    },
                    new Recorder());
            assertThat(runAll(engine, recorders)).isEqualTo(alone);
            ClusterStatus status = status(engine);
            assertThat(status.worldSize()).isEqualTo(1);
            assertThat(status.recoveryCount()).isBetween(2L, 3L);
            assertThat(status.recoveries().getFirst().ranksBefore()).isEqualTo(4);
            assertThat(status.recoveries().getLast().ranksAfter()).isEqualTo(1);
        }
    }

    @Test
    void takesAWorkerInAtTheNextPauseAndPutsASpareInThePlaceOfALostOne() throws InterruptedException {
        try (LocalRanks group = new LocalRanks(Optional.empty())) {
            Engine engine = group.open(options(), 2, ShardPlan.ALL_SPLIT);
            group.join(Optional.empty());
            await("three ranks", () -> status(engine).worldSize() == 3);
            assertThat(runAll(engine, recorders())).isEqualTo(alone);
            List<Recorder> recorders = List.of(
                    new Recorder(),
                    new Recorder() {
                        @Override
                        public void logits(int position, float[] logits) {
                            super.logits(position, logits);
                            if (position == 10) {
                                group.join(Optional.empty());
                                await("a spare", () -> status(engine).spares().size() == 1);
                                group.workers().get(0).close();
                            }
                        }
                    },
                    new Recorder());
            assertThat(runAll(engine, recorders)).isEqualTo(alone);
            assertThat(status(engine).worldSize()).isEqualTo(3);
            assertThat(status(engine).spares()).isEmpty();
        }
    }

    @Test
    void refusesAWorkerWithAnotherModel() {
        Path other = SharedData.path("stories260K").resolve("stories260K-f32.gguf");
        try (LocalRanks group = new LocalRanks(Optional.empty())) {
            Engine engine = group.open(options(), 2, ShardPlan.ALL_SPLIT);
            try (Worker wrong = LocalRanks.worker(group.leader(), Optional.of(other), Optional.empty())) {
                assertThatThrownBy(wrong::run)
                        .isInstanceOf(ClusterException.class)
                        .hasMessageContaining("SHA-256")
                        .hasMessageContaining("give both the same model");
            }
            assertThat(status(engine).worldSize()).isEqualTo(2);
        }
    }
}
