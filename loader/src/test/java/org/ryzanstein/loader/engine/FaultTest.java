package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.format.TensorRole;

/** Weights that are not finite: the requests that meet them fail, nobody else. */
class FaultTest {
    private static final int VOCABULARY = 2048;
    private static final int HIDDEN = 256;

    @TempDir
    Path scratch;

    /** The embedded model, where one token's embedding holds a value that is not finite; the head does not share it. */
    private Engine open(int damagedToken, float value) throws IOException {
        float[] embedding = TinyModel.values(TensorRole.TOKEN_EMBEDDING, VOCABULARY, HIDDEN);
        float[] damaged = embedding.clone();
        damaged[damagedToken * HIDDEN + 17] = value;
        List<Long> shape = List.of((long) VOCABULARY, (long) HIDDEN);
        Path model = TinyModel.embedded()
                .withTensor("token_embd.weight", shape, damaged)
                .withTensor("output.weight", shape, embedding)
                .write(scratch.resolve("damaged.gguf"));
        return Ryzanstein.open(
                EngineOptions.defaults().withModel(model).withThreads(2).withMaxStepTokens(32));
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN})
    void aDamagedTokenFailsItsOwnRequestAtThatPosition(float value) throws IOException, InterruptedException {
        Reference.Prompt story = Reference.prompts().getFirst();
        int damaged = story.greedy()[5];
        assertThat(story.ids()).doesNotContain(damaged);
        int[] poisoned = new int[60];
        Arrays.fill(poisoned, 300);
        poisoned[41] = damaged;
        int[] neighbour = new int[50];
        Arrays.setAll(neighbour, i -> 301 + i);
        try (Engine engine = open(damaged, value)) {
            int[] alone = ids(engine, neighbour);
            List<Generation> neighbours = new ArrayList<>();
            neighbours.add(engine.submit(GenerationRequest.greedy(neighbour, 6), GenerationListener.NONE));
            RecordingListener prompted = new RecordingListener();
            Generation inPrompt = engine.submit(GenerationRequest.greedy(poisoned, 10), prompted);
            RecordingListener generated = new RecordingListener();
            Generation inAnswer = engine.submit(GenerationRequest.greedy(story.ids(), 20), generated);
            neighbours.add(engine.submit(GenerationRequest.greedy(neighbour, 6), GenerationListener.NONE));

            assertThatThrownBy(inPrompt::await)
                    .isInstanceOf(GenerationException.class)
                    .hasMessage("position 41: the model computed a value that is not finite; its weights are damaged");
            assertThat(prompted.tokens).isEmpty();
            assertThatThrownBy(inAnswer::await)
                    .isInstanceOf(GenerationException.class)
                    .hasMessageStartingWith("position 10: ");
            assertThat(generated.ids())
                    .isEqualTo(Arrays.stream(story.greedy()).limit(6).boxed().toList());
            assertThat(generated.ends).singleElement().asString().startsWith("failed: position 10");
            for (Generation other : neighbours) {
                assertThat(other.await().ids()).isEqualTo(alone);
            }
            // The KV blocks of the failed requests go to others; nothing of them shows.
            for (int i = 0; i < 10; i++) {
                assertThat(ids(engine, neighbour)).isEqualTo(alone);
            }
            EngineStatus status = engine.status();
            assertThat(status.freeKvBlocks()).isEqualTo(status.totalKvBlocks());
            assertThat(status.activeSequences()).isZero();
        }
    }

    @Test
    void aDamagedNormFailsEveryRequestAndTheEngineLivesOn() throws IOException, InterruptedException {
        float[] gain = TinyModel.values(TensorRole.OUTPUT_NORM, 1, HIDDEN);
        gain[3] = Float.NaN;
        Path model = TinyModel.embedded()
                .withTensor("output_norm.weight", List.of((long) HIDDEN), gain)
                .write(scratch.resolve("damaged-norm.gguf"));
        try (Engine engine =
                Ryzanstein.open(EngineOptions.defaults().withModel(model).withThreads(1))) {
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> ids(engine, new int[] {2040, 427}))
                        .isInstanceOf(GenerationException.class)
                        .hasMessageStartingWith("position 1: ");
            }
            assertThat(engine.status().running()).isTrue();
        }
    }

    private static int[] ids(Engine engine, int[] prompt) throws InterruptedException {
        return engine.submit(GenerationRequest.greedy(prompt, 6), GenerationListener.NONE)
                .await()
                .ids();
    }
}
