package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.tokenizer.EncodeOptions;

class PerplexityTest {
    private static final String TEXT =
            "Once upon a time, there was a little girl named Lily. She loved to play outside in the sun. One day, she saw a"
                    + " big tree with a swing. She wanted to climb the tree, but she was scared. Her mom helped her.";

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static Engine engine;

    @BeforeAll
    static void open() {
        engine = Ryzanstein.open(EngineOptions.defaults().withThreads(1).withMaxSequences(2));
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static int[] tokens() {
        return engine.tokenizer().encode(TEXT, new EncodeOptions(true, false));
    }

    @Test
    void scoresTheSecondHalfOfEachChunkAfterABeginningOfTextToken() throws InterruptedException {
        int[] text = tokens();
        int context = 10;
        List<Long> progress = new ArrayList<>();
        Perplexity.Result result =
                Perplexity.measure(engine, text, context, (stage, done, total) -> progress.add(done));

        double sum = 0;
        int count = 0;
        for (int chunk = 0; chunk < text.length / context; chunk++) {
            int[] ids = Arrays.copyOfRange(text, chunk * context, (chunk + 1) * context);
            ids[0] = engine.tokenizer().bos().orElseThrow();
            float[][] logits = new float[context][];
            engine.submit(
                            GenerationRequest.greedy(ids, 0)
                                    .withLogits(0, (position, row) -> logits[position] = row.clone()),
                            GenerationListener.NONE)
                    .await();
            for (int position = context / 2; position < context - 1; position++) {
                sum += naive(logits[position], ids[position + 1]);
                count++;
            }
        }
        assertThat(result.tokens()).isEqualTo(count);
        assertThat(result.chunks()).isEqualTo(text.length / context);
        assertThat(result.nll()).isCloseTo(sum / count, within(1e-9));
        assertThat(result.perplexity())
                .isCloseTo(Math.exp(sum / count), within(1e-6))
                .isBetween(1.0, 100.0);
        assertThat(progress).hasSize(text.length / context).isSorted();
    }

    private static double naive(float[] logits, int token) {
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit);
        }
        return -Math.log(Math.exp(logits[token]) / sum);
    }

    @Test
    void refusesContextsAndTextsThatDoNotFit() {
        for (int context : new int[] {0, 3, 257, 1_000_000}) {
            assertThatThrownBy(() -> Perplexity.measure(engine, tokens(), context, ProgressListener.NONE))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("context: found " + context);
        }
        assertThatThrownBy(() -> Perplexity.measure(engine, new int[] {1, 2, 3}, 4, ProgressListener.NONE))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("3 tokens");
    }

    @Test
    void largeLogitsDoNotOverflow() {
        assertThat(Perplexity.negativeLogLikelihood(new float[] {1e30f, 0}, 0)).isZero();
        assertThat(Perplexity.negativeLogLikelihood(new float[] {0, 0}, 1)).isCloseTo(Math.log(2), within(1e-15));
    }
}
