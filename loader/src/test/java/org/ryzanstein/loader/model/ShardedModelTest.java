package org.ryzanstein.loader.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.contract.InProcessWorld;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.engine.EmbeddedModel;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.synthesize.Shape;
import org.ryzanstein.loader.synthesize.Synthesizer;

/** Models over several ranks: the same logits to the bit as one rank, whatever the shapes, types, world size and plan. */
class ShardedModelTest {
    private static final int CHUNK = 24;
    private static final int[] WORLDS = {2, 3, 4, 5, 8};
    /** Whether keys and values of KV heads that several ranks read are exchanged. */
    private static final boolean[] BOTH = {false, true};

    private static final boolean[] ALONE = {false};

    @TempDir
    Path folder;

    private static Stream<Arguments> llamas() {
        return Stream.of(
                Arguments.of("heads that straddle", SyntheticLlama.of("llama").heads(6, 2, 10)),
                Arguments.of(
                        "one KV head", SyntheticLlama.of("llama").heads(5, 1, 8).tied()),
                Arguments.of("one head", SyntheticLlama.of("llama").heads(1, 1, 8)),
                Arguments.of(
                        "several units of the feed-forward network",
                        SyntheticLlama.of("llama").heads(3, 1, 100).widths(60, 300)),
                Arguments.of("biases", SyntheticLlama.of("qwen2").type(TensorType.BF16)),
                Arguments.of("norms of heads", SyntheticLlama.of("qwen3").heads(5, 5, 6)),
                Arguments.of(
                        "ternary",
                        SyntheticLlama.of("llama")
                                .heads(5, 1, 8)
                                .widths(64, 300)
                                .ternary(0.75f)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("llamas")
    void aLlamaHasTheSameLogits(String name, SyntheticLlama.Builder model) throws IOException {
        checkAll(model.build().writeHub(folder.resolve("model")), 61);
    }

    @ParameterizedTest
    @MethodSource("stories")
    void storiesHaveTheSameLogits(Path file) {
        checkAll(file, 512);
    }

    private static Stream<Path> stories() {
        return Stream.of("f32", "f16", "q8_0", "q4_0").map(StoriesTest::file);
    }

    @ParameterizedTest
    @MethodSource("plans")
    void bitNetHasTheSameLogits(ShardPlan plan) {
        try (EmbeddedModel model = EmbeddedModel.extract()) {
            check(model.path(), 512, plan);
        }
    }

    @ParameterizedTest
    @MethodSource("plans")
    void bitNetHasTheSameLogitsWhereRanksShareOutTheResidualStream(ShardPlan plan) throws IOException {
        Path file = folder.resolve("odd.gguf");
        Synthesizer.write(file, Shape.BITNET_ODD, TensorType.I2_S, TensorType.F16, 5, ProgressListener.NONE);
        check(file, 2048, plan, Residual.SPLIT, new int[] {2, 3, 4, 5});
    }

    @Test
    void aResidualStreamOfFewerBlocksThanRanksIsNotSharedOut() {
        try (EmbeddedModel model = EmbeddedModel.extract()) {
            assertThatThrownBy(() ->
                            sharded(model.path(), 3, ShardPlan.ALL_SPLIT, false, Residual.SPLIT, new int[] {1, 2, 3}))
                    .rootCause()
                    .hasMessageContaining("residual stream of 256 columns");
        }
    }

    private static Stream<ShardPlan> plans() {
        return Stream.of(ShardPlan.values());
    }

    private static void checkAll(Path path, int vocabulary) {
        for (ShardPlan plan : ShardPlan.values()) {
            check(path, vocabulary, plan);
        }
    }

    private static void check(Path path, int vocabulary, ShardPlan plan) {
        check(path, vocabulary, plan, Residual.WHOLE, WORLDS);
    }

    private static void check(Path path, int vocabulary, ShardPlan plan, Residual prompts, int[] worlds) {
        int[] prompt = new Random(11).ints(CHUNK - 1, 0, vocabulary).toArray();
        List<float[]> expected;
        try (ModelRunner whole = new ModelRunner(path, CHUNK)) {
            expected = run(whole, prompt);
        }
        for (int worldSize : worlds) {
            for (boolean exchangesKv : plan == ShardPlan.ATTENTION_REPLICATED ? ALONE : BOTH) {
                String what = "%s, %d ranks, %s".formatted(plan, worldSize, exchangesKv ? "exchanged" : "own");
                List<float[]> found = sharded(path, worldSize, plan, exchangesKv, prompts, prompt);
                assertThat(found).as(what).hasSameSizeAs(expected);
                for (int row = 0; row < expected.size(); row++) {
                    assertThat(found.get(row))
                            .as("%s, logits of output %d", what, row)
                            .containsExactly(expected.get(row));
                }
            }
        }
    }

    /** A prompt in one step, then a token a step. */
    private static List<float[]> run(ModelRunner runner, int[] prompt) {
        List<float[]> logits = new ArrayList<>(runner.feed(prompt));
        for (int token = 1; token < 4; token++) {
            logits.addAll(runner.feed(token));
        }
        return logits;
    }

    private static List<float[]> sharded(
            Path path, int worldSize, ShardPlan plan, boolean exchangesKv, Residual prompts, int[] prompt) {
        List<Communicator> world = new InProcessWorld(worldSize).communicators();
        try (ExecutorService threads = Executors.newFixedThreadPool(worldSize)) {
            List<Future<List<float[]>>> ranks = new ArrayList<>();
            for (Communicator communicator : world) {
                ranks.add(threads.submit(() -> {
                    try (ModelRunner runner = new ModelRunner(path, CHUNK, plan, exchangesKv, prompts, communicator)) {
                        return run(runner, prompt);
                    } catch (RuntimeException | Error e) {
                        communicator.abort("rank failed: " + e);
                        throw e;
                    }
                }));
            }
            List<float[]> joined = new ArrayList<>();
            for (Future<List<float[]>> rank : ranks) {
                List<float[]> part = rank.get();
                for (int row = 0; row < part.size(); row++) {
                    if (row == joined.size()) {
                        joined.add(new float[0]);
                    }
                    joined.set(row, concat(joined.get(row), part.get(row)));
                }
            }
            return joined;
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(plan + ", " + worldSize + " ranks: " + e.getCause(), e);
        }
    }

    private static float[] concat(float[] first, float[] second) {
        float[] both = java.util.Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
