package org.ryzanstein.loader.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Draws many times and compares the counts with probabilities computed in doubles. */
class SamplerDistributionTest {
    private static final int DRAWS = 40_000;
    private static final float[] LOGITS = {0.3f, 2f, -1f, 1.5f, 2f, 0f, -0.5f, 1f, -40f, 0.7f, 1.9f, -2f};

    @Test
    void drawsByTemperature() {
        for (float temperature : new float[] {0.5f, 1f, 2f}) {
            check(SamplingOptions.builder().temperature(temperature).seed(1).build());
        }
    }

    @Test
    void drawsFromTheKBest() {
        check(SamplingOptions.builder().temperature(1).topK(4).seed(2).build());
    }

    @Test
    void drawsFromTheNucleus() {
        check(SamplingOptions.builder().temperature(1).topP(0.7f).seed(3).build());
    }

    @Test
    void drawsFromTheLikelyEnough() {
        check(SamplingOptions.builder().temperature(1).minP(0.2f).seed(4).build());
    }

    @Test
    void drawsFromWhatAllCutsLeave() {
        check(SamplingOptions.builder()
                .temperature(1.3f)
                .topK(8)
                .topP(0.9f)
                .minP(0.25f)
                .seed(5)
                .build());
    }

    private static void check(SamplingOptions options) {
        double[] expected = probabilities(options);
        int[] seen = new int[LOGITS.length];
        Sampler sampler = new Sampler(options, LOGITS.length);
        for (int position = 0; position < DRAWS; position++) {
            seen[sampler.choose(LOGITS, position)]++;
        }
        double chiSquare = 0;
        int cells = 0;
        for (int id = 0; id < seen.length; id++) {
            if (expected[id] < 1e-9) {
                assertThat(seen[id]).as("token %d cannot be drawn", id).isZero();
            } else {
                double mean = expected[id] * DRAWS;
                chiSquare += (seen[id] - mean) * (seen[id] - mean) / mean;
                cells++;
            }
        }
        assertThat(cells).isGreaterThan(1);
        assertThat(chiSquare).as("%d cells, %s", cells, options).isLessThan(critical(cells - 1));
    }

    /** The 99.9 % quantile of chi-square, by Wilson and Hilferty's approximation. */
    private static double critical(int freedom) {
        double c = 2.0 / (9.0 * freedom);
        return freedom * Math.pow(1 - c + 3.090 * Math.sqrt(c), 3);
    }

    private static double[] probabilities(SamplingOptions options) {
        List<Integer> order =
                Arrays.stream(SamplerTest.sortedIds(LOGITS)).boxed().toList();
        int keep = options.topK() > 0 ? options.topK() : order.size();
        double[] p = new double[LOGITS.length];
        for (int i = 0; i < keep; i++) {
            p[order.get(i)] = Math.exp(LOGITS[order.get(i)] / options.temperature());
        }
        normalise(p);
        double sum = 0;
        for (int id : order) {
            double own = p[id];
            if (sum >= options.topP() || own < options.minP() * p[order.getFirst()]) {
                p[id] = 0;
            }
            sum += own;
        }
        normalise(p);
        return p;
    }

    private static void normalise(double[] p) {
        double sum = Arrays.stream(p).sum();
        for (int i = 0; i < p.length; i++) {
            p[i] /= sum;
        }
    }
}
