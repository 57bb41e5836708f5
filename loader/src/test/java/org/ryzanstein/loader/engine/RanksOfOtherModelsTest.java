package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.comm.OperationKind;
import org.ryzanstein.api.comm.OperationStatistics;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.cluster.ClusterStatus;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.sampling.SamplingOptions;
import org.ryzanstein.loader.synthesize.Shape;
import org.ryzanstein.loader.synthesize.Synthesizer;
import org.ryzanstein.loader.tokenizer.SharedData;

/** Engines over several ranks, with other models than the embedded one, on mixed backends: greedy, sampled, and all logits. */
class RanksOfOtherModelsTest {
    private static final int[] WORLDS = {2, 3, 4, 5, 8};
    private static final String SPLIT_PROPERTY = "ryzanstein.ranks.split-residual-from";
    private static final String KV_PROPERTY = "ryzanstein.ranks.exchange-kv";
    private static final String KV_EXCHANGED = "keys and values of KV heads that several ranks read are exchanged";

    @TempDir
    Path scratch;

    /** What a model gives: ids of a greedy and of a sampled answer, and the hash of the logits of the second. */
    private record Outcome(List<Integer> greedy, List<Integer> sampled, String logits) {}

    private static Outcome run(Engine engine, int newTokens) throws InterruptedException {
        int[] prompt =
                new Random(5).ints(20, 3, engine.model().vocabularySize()).toArray();
        GenerationRequest request = GenerationRequest.greedy(prompt, newTokens).withIgnoreEndOfGeneration(true);
        LogitsHash hash = new LogitsHash();
        Generation greedy = engine.submit(request, GenerationListener.NONE);
        Generation sampled = engine.submit(
                request.withSampling(SamplingOptions.builder()
                                .temperature(1f)
                                .seed(9)
                                .build())
                        .withLogits(0, (position, logits) -> hash.add(logits)),
                GenerationListener.NONE);
        return new Outcome(ids(greedy), ids(sampled), hash.take());
    }

    private static List<Integer> ids(Generation generation) throws InterruptedException {
        return Arrays.stream(generation.await().ids()).boxed().toList();
    }

    private static EngineOptions options(Path model) {
        return EngineOptions.defaults()
                .withModel(model)
                .withThreads(1)
                .withMaxSequences(2)
                .withMaxStepTokens(32)
                .withContextLength(256);
    }

    /** With each plan in turn. */
    private static List<String> check(Path model, int newTokens, int... worlds) throws InterruptedException {
        return check(model, newTokens, List.of(ShardPlan.values()), "", worlds);
    }

    /** With KV heads exchanged. */
    private static List<String> checkExchangingKv(Path model, int newTokens, int... worlds)
            throws InterruptedException {
        System.setProperty(KV_PROPERTY, "true");
        try {
            return check(model, newTokens, List.of(ShardPlan.ALL_SPLIT), KV_EXCHANGED, worlds);
        } finally {
            System.clearProperty(KV_PROPERTY);
        }
    }

    private static List<String> check(Path model, int newTokens, List<ShardPlan> plans, String reason, int... worlds)
            throws InterruptedException {
        List<String> lines = new ArrayList<>();
        Outcome alone;
        long whole;
        try (Engine engine = Ryzanstein.open(options(model))) {
            alone = run(engine, newTokens);
            whole = engine.model().packedBytes();
        }
        for (int ranks : worlds) {
            ShardPlan plan = plans.get(ranks % plans.size());
            try (LocalRanks group = new LocalRanks(Optional.of(model))) {
                Engine engine = group.open(options(model), ranks, plan);
                assertThat(run(engine, newTokens))
                        .as("%d ranks, %s", ranks, plan)
                        .isEqualTo(alone);
                ClusterStatus status = engine.cluster().orElseThrow();
                assertThat(status.worldSize()).isEqualTo(ranks);
                assertThat(status.planReason()).contains(reason);
                lines.add(
                        "%d ranks, %s%s: the same %d + %d ids and logits %s; packed bytes of each rank, of one alone %d: %s"
                                .formatted(
                                        ranks,
                                        plan.label(),
                                        reason.isEmpty() ? "" : ", " + reason,
                                        alone.greedy().size(),
                                        alone.sampled().size(),
                                        alone.logits().substring(0, 16),
                                        whole,
                                        status.ranks().stream()
                                                .map(rank -> rank.backend() + " " + rank.packedBytes())
                                                .toList()));
            }
        }
        return lines;
    }

    @ParameterizedTest
    @ValueSource(strings = {"f16", "q4_0"})
    void storiesComeOutTheSameOverSeveralRanks(String type) throws InterruptedException {
        check(SharedData.path("stories260K").resolve("stories260K-" + type + ".gguf"), 24, 2, 5);
    }

    @Test
    void storiesWhoseKeysAndValuesAreExchangedComeOutTheSame() throws InterruptedException {
        checkExchangingKv(SharedData.path("stories260K").resolve("stories260K-q8_0.gguf"), 24, 3, 8);
    }

    @Test
    void promptsWhoseResidualStreamIsSharedOutComeOutTheSame() throws IOException, InterruptedException {
        Path model = scratch.resolve("odd.gguf");
        Synthesizer.write(model, Shape.BITNET_ODD, TensorType.I2_S, TensorType.F16, 1, ProgressListener.NONE);
        Outcome alone;
        try (Engine engine = Ryzanstein.open(options(model))) {
            alone = run(engine, 8);
        }
        System.setProperty(SPLIT_PROPERTY, "2");
        System.setProperty(KV_PROPERTY, "true");
        try (LocalRanks group = new LocalRanks(Optional.of(model))) {
            Engine engine = group.open(options(model), 3, ShardPlan.ALL_SPLIT);
            assertThat(run(engine, 8)).isEqualTo(alone);
            ClusterStatus status = engine.cluster().orElseThrow();
            assertThat(status.planReason())
                    .contains("steps of 2 tokens or more share out the residual stream", KV_EXCHANGED);
            assertThat(status.operations())
                    .extracting(OperationStatistics::kind)
                    .contains(OperationKind.REDUCE_SCATTER, OperationKind.ALL_REDUCE);
        } finally {
            System.clearProperty(SPLIT_PROPERTY);
            System.clearProperty(KV_PROPERTY);
        }
    }

    @Tag("long")
    @Test
    void theShapeOfTwoBillionComesOutTheSameOverSeveralRanks(TestReporter reporter)
            throws IOException, InterruptedException {
        Path model = scratch.resolve("2b.gguf");
        Synthesizer.write(model, Shape.BITNET_2B_4T, TensorType.I2_S, TensorType.F16, 1, ProgressListener.NONE);
        check(model, 4, WORLDS).forEach(line -> reporter.publishEntry("ranks", line));
        checkExchangingKv(model, 4, 2, 3, 4, 8).forEach(line -> reporter.publishEntry("ranks", line));
    }
}
