package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The embedded model in every encoding against an independent implementation in float64. */
@ParameterizedClass
@EnumSource(Encoding.class)
class ReferenceTest {
    /** Of all logits of the first eight windows, by {@link Encoding#scales}. */
    private static final Map<String, String> HASHES = new ConcurrentHashMap<>();

    private final Encoding encoding;

    @SuppressWarnings("NullAway.Init") // Set before the tests of each encoding.
    private static Engine engine;

    @TempDir
    static Path scratch;

    ReferenceTest(Encoding encoding) {
        this.encoding = encoding;
    }

    @BeforeParameterizedClassInvocation
    static void open(Encoding encoding) throws IOException {
        engine = encoding.open(scratch, 2);
    }

    @AfterParameterizedClassInvocation
    static void close() {
        engine.close();
    }

    @Test
    void fedWithTheReferenceItChoosesTheSameTokenAtEveryClearStep() throws InterruptedException {
        int compared = 0;
        for (Reference.Prompt prompt : Reference.prompts()) {
            int first = prompt.ids().length - 1;
            int[] best = new int[prompt.greedy().length];
            evaluate(prompt.whole(), first, (position, logits) -> {
                if (position - first < best.length) {
                    best[position - first] = argmax(logits);
                }
            });
            for (int step = 0; step < best.length; step++) {
                if (prompt.gaps()[step] >= Reference.CLEAR_GAP) {
                    assertThat(best[step])
                            .as("%s, step %d, gap %s", prompt, step, prompt.gaps()[step])
                            .isEqualTo(prompt.greedy()[step]);
                    compared++;
                }
            }
        }
        assertThat(compared).isGreaterThan(400);
    }

    @Test
    void greedyTextEqualsTheReferenceUpToTheFirstUnclearStep() throws InterruptedException {
        for (Reference.Prompt prompt : Reference.prompts()) {
            int clear = prompt.firstUnclearStep();
            int[] ids = engine.submit(
                            GenerationRequest.greedy(prompt.ids(), prompt.greedy().length)
                                    .withIgnoreEndOfGeneration(true),
                            GenerationListener.NONE)
                    .await()
                    .ids();
            assertThat(ids).as("%s", prompt).hasSameSizeAs(prompt.greedy());
            assertThat(Arrays.copyOf(ids, clear)).as("%s", prompt).isEqualTo(Arrays.copyOf(prompt.greedy(), clear));
        }
    }

    @Test
    void logitsAreNearTheReference(TestReporter reporter) throws InterruptedException {
        double[] differences = new double[0];
        for (Reference.Prompt prompt : Reference.prompts()) {
            double[][] found = new double[prompt.ids().length][];
            evaluate(prompt.ids(), 0, (position, logits) -> {
                double[] row = new double[logits.length];
                Arrays.setAll(row, i -> logits[i]);
                found[position] = row;
            });
            for (int position = 0; position < found.length; position++) {
                double[] expected = Reference.logits(prompt, position);
                double[] row = found[position];
                assertThat(row).hasSameSizeAs(expected);
                int start = differences.length;
                differences = Arrays.copyOf(differences, start + row.length);
                for (int i = 0; i < row.length; i++) {
                    differences[start + i] = Math.abs(row[i] - expected[i]);
                }
            }
        }
        Arrays.sort(differences);
        double largest = differences[differences.length - 1];
        reporter.publishEntry(
                encoding + ": logits' distance from float64",
                "median " + differences[differences.length / 2] + ", largest " + largest + " of " + differences.length);
        assertThat(largest).isLessThan(Reference.LOGIT_TOLERANCE);
    }

    @Test
    void perplexityOfTheFirstEightWindowsIsTheReferences(TestReporter reporter) throws InterruptedException {
        WindowPerplexity perplexity = WindowPerplexity.ofWindows(engine, 8);
        perplexity.check(reporter, encoding + ", first 8 windows", "/perplexity/first8_windows_ppl_f64");
        String expected = HASHES.computeIfAbsent(encoding.scales(), any -> perplexity.logitsHash());
        assertThat(perplexity.logitsHash())
                .as("hash of all logits, the same for encodings that hold the same weights")
                .isEqualTo(expected);
    }

    private void evaluate(int[] tokens, int from, LogitsObserver observer) throws InterruptedException {
        engine.submit(GenerationRequest.greedy(tokens, 0).withLogits(from, observer), GenerationListener.NONE)
                .await();
    }

    private static int argmax(float[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }
}
