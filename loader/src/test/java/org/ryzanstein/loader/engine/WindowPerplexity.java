package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.TestReporter;

/** Perplexity of the held-out stories, by the protocols that reference.json states. */
final class WindowPerplexity {
    private static final int WINDOW = 256;
    private static final double TOLERANCE = 0.005;

    private final Engine engine;
    private final LogitsHash hash = new LogitsHash();
    private String logitsHash = "";
    private double negativeLogLikelihood;
    private int tokens;

    private WindowPerplexity(Engine engine) {
        this.engine = engine;
    }

    /** Windows of 256 tokens one after the other; each token but a window's first is predicted, and the one behind it. */
    static WindowPerplexity ofWindows(Engine engine, int count) throws InterruptedException {
        WindowPerplexity perplexity = new WindowPerplexity(engine);
        perplexity.addWindows(0, count);
        perplexity.logitsHash = perplexity.hash.take();
        return perplexity;
    }

    /** Adds the windows from {@code from} to before {@code to}. */
    void addWindows(int from, int to) throws InterruptedException {
        int[] text = Reference.heldout();
        for (int window = from; window < to; window++) {
            add(Arrays.copyOfRange(text, window * WINDOW, (window + 1) * WINDOW + 1));
        }
    }

    /** The first 32 stories, each cut to 256 tokens; each token but the first is predicted. */
    static WindowPerplexity ofStories(Engine engine) throws InterruptedException {
        WindowPerplexity perplexity = new WindowPerplexity(engine);
        int[] text = Reference.heldout();
        int end = engine.tokenizer().eos().orElseThrow();
        int from = 0;
        for (int story = 0; story < 32; story++) {
            int to = from;
            while (text[to] != end) {
                to++;
            }
            perplexity.add(Arrays.copyOfRange(text, from, Math.min(to + 1, from + WINDOW)));
            from = to + 1;
        }
        assertThat(perplexity.tokens).isEqualTo((int) Reference.number("/story_perplexity/tokens"));
        return perplexity;
    }

    private void add(int[] text) throws InterruptedException {
        LogitsObserver observer = (position, logits) -> {
            hash.add(logits);
            negativeLogLikelihood -= logProbability(logits, text[position + 1]);
        };
        engine.submit(
                        GenerationRequest.greedy(Arrays.copyOf(text, text.length - 1), 0)
                                .withLogits(0, observer),
                        GenerationListener.NONE)
                .await();
        tokens += text.length - 1;
    }

    private static double logProbability(float[] logits, int token) {
        double max = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        return logits[token] - max - Math.log(sum);
    }

    String logitsHash() {
        return logitsHash;
    }

    /** Compares with a number of reference.json, and reports both. */
    void check(TestReporter reporter, String what, String pointer) {
        double found = Math.exp(negativeLogLikelihood / tokens);
        double expected = Reference.number(pointer);
        Published.entry(reporter, "perplexity, " + what, found + " over " + tokens + " tokens, reference " + expected);
        assertThat(found).as("perplexity, %s", what).isCloseTo(expected, within(TOLERANCE * expected));
    }
}
