package org.ryzanstein.loader.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.kernel.StepBatch;

class SamplerTest {
    private static final float BAN = Float.NEGATIVE_INFINITY;

    static float[] normalLogits(int length, long seed, double spread) {
        Random random = new Random(seed);
        float[] logits = new float[length];
        for (int i = 0; i < length; i++) {
            logits[i] = (float) (random.nextGaussian() * spread);
        }
        return logits;
    }

    /** Logits on a coarse grid, so that many are equal, with both zeros among them. */
    static float[] tiedLogits(int length, long seed) {
        Random random = new Random(seed);
        float[] logits = new float[length];
        for (int i = 0; i < length; i++) {
            logits[i] = (random.nextInt(9) - 4) * (random.nextBoolean() ? 0.5f : -0.5f);
        }
        return logits;
    }

    static Stream<SamplingOptions> chains() {
        List<SamplingOptions> chains = new ArrayList<>();
        for (float temperature : new float[] {0.01f, 0.7f, 1f, 2f}) {
            for (int topK : new int[] {0, 1, 2, 40, 1000}) {
                for (float topP : new float[] {0f, 0.3f, 0.95f, 1f}) {
                    for (float minP : new float[] {0f, 0.05f, 1f}) {
                        chains.add(SamplingOptions.builder()
                                .temperature(temperature)
                                .topK(topK)
                                .topP(topP)
                                .minP(minP)
                                .seed(99)
                                .build());
                    }
                }
            }
        }
        return chains.stream();
    }

    @ParameterizedTest
    @MethodSource("chains")
    void choosesAsTheNaiveChainDoes(SamplingOptions options) {
        List<float[]> rows = List.of(
                normalLogits(1, 1, 1),
                normalLogits(2, 2, 1),
                normalLogits(301, 3, 3),
                tiedLogits(301, 4),
                normalLogits(300, 5, 1e-3),
                normalLogits(300, 6, 1e30),
                new float[37]);
        for (float[] logits : rows) {
            Sampler sampler = new Sampler(options, logits.length);
            for (int position = 0; position < 12; position++) {
                assertThat(sampler.choose(logits.clone(), position))
                        .as("%d logits, position %d", logits.length, position)
                        .isEqualTo(NaiveChain.choose(logits, options, position));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("chains")
    void choosesTheSameFromCandidatesAndFromAllLogits(SamplingOptions options) {
        for (float[] logits : List.of(normalLogits(500, 11, 3), tiedLogits(500, 12), tiedLogits(30, 13))) {
            Sampler full = new Sampler(options, logits.length);
            int wanted = full.wanted();
            if (wanted == StepBatch.DISTRIBUTION) {
                assertThat(options.topK() == 0 || options.topK() > Sampler.MAX_CANDIDATES)
                        .isTrue();
                continue;
            }
            Sampler fromCandidates = new Sampler(options, logits.length);
            int[] ids = sortedIds(logits);
            float[] values = values(logits, ids);
            for (int position = 0; position < 12; position++) {
                int expected = full.choose(logits.clone(), position);
                assertThat(fromCandidates.choose(ids, values, wanted, position)).isEqualTo(expected);
                assertThat(fromCandidates.choose(ids, values, ids.length, position))
                        .isEqualTo(expected);
            }
        }
    }

    static int[] sortedIds(float[] logits) {
        return IntStream.range(0, logits.length)
                .boxed()
                .sorted((a, b) -> logits[a] == logits[b] ? Integer.compare(a, b) : Float.compare(logits[b], logits[a]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private static float[] values(float[] logits, int[] ids) {
        float[] values = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            values[i] = logits[ids[i]];
        }
        return values;
    }

    @Test
    void asksForAsLittleAsTheOptionsNeed() {
        SamplingOptions.Builder options = SamplingOptions.builder();
        assertThat(wanted(options)).isEqualTo(1);
        assertThat(wanted(options.temperature(1))).isEqualTo(StepBatch.DISTRIBUTION);
        assertThat(wanted(options.topK(40))).isEqualTo(40);
        assertThat(wanted(options.topK(40).topP(0.5f).minP(0.1f))).isEqualTo(40);
        assertThat(wanted(options.topK(1))).isEqualTo(1);
        assertThat(wanted(options.topK(Sampler.MAX_CANDIDATES))).isEqualTo(256);
        assertThat(wanted(options.topK(Sampler.MAX_CANDIDATES + 1))).isEqualTo(StepBatch.DISTRIBUTION);
        assertThat(new Sampler(options.topK(1000).build(), 100).wanted()).isEqualTo(100);
        SamplingOptions greedy = SamplingOptions.greedy();
        assertThat(wanted(greedy.toBuilder().logprobs(0))).isEqualTo(StepBatch.DISTRIBUTION);
        assertThat(wanted(greedy.toBuilder().repetitionPenalty(1.1f))).isEqualTo(StepBatch.DISTRIBUTION);
        assertThat(wanted(greedy.toBuilder().repetitionPenalty(1.1f).penaltyWindow(0)))
                .isEqualTo(1);
        assertThat(wanted(greedy.toBuilder().frequencyPenalty(1))).isEqualTo(StepBatch.DISTRIBUTION);
        assertThat(wanted(greedy.toBuilder().presencePenalty(1))).isEqualTo(StepBatch.DISTRIBUTION);
        assertThat(wanted(greedy.toBuilder().logitBias(Map.of(1, 1f)))).isEqualTo(StepBatch.DISTRIBUTION);
    }

    private static int wanted(SamplingOptions.Builder options) {
        return new Sampler(options.build(), 1000).wanted();
    }

    @Test
    void choosesTheLowestIdAmongTheHighestLogitsWhenGreedy() {
        Sampler greedy = new Sampler(SamplingOptions.greedy(), 5);
        Sampler adjusted = new Sampler(
                SamplingOptions.builder().logitBias(Map.of(4, 3f, 0, BAN)).build(), 5);

        assertThat(greedy.choose(new float[] {1, 3, -2, 3, 0}, 0)).isEqualTo(1);
        assertThat(greedy.choose(new float[5], 0)).isZero();
        assertThat(greedy.choose(new float[] {-0f, 0f, -0f, 0f, -1f}, 0)).isZero();
        assertThat(greedy.choose(new int[] {1, 3}, new float[] {3, 3}, 2, 0)).isEqualTo(1);
        assertThat(adjusted.choose(new float[] {9, 3, -2, 3, 0}, 0)).isEqualTo(1);
    }

    @Test
    void leavesTheLogitsAsTheyAre() {
        float[] logits = normalLogits(100, 21, 2);
        float[] before = logits.clone();
        Sampler sampler = new Sampler(
                SamplingOptions.builder()
                        .temperature(1)
                        .topK(9)
                        .topP(0.5f)
                        .logitBias(Map.of(3, 5f))
                        .build(),
                100);

        sampler.choose(logits, 7);

        assertThat(logits).isEqualTo(before);
    }

    @Test
    void neverDrawsABannedToken() {
        Sampler sampler = new Sampler(
                SamplingOptions.builder()
                        .temperature(2)
                        .logitBias(Map.of(0, BAN, 2, BAN))
                        .build(),
                4);
        for (int position = 0; position < 500; position++) {
            assertThat(sampler.choose(new float[] {50, 1, 50, 1}, position)).isIn(1, 3);
        }
    }

    @Test
    void refusesToChooseWhenAllTokensAreBanned() {
        for (float temperature : new float[] {0, 1}) {
            Sampler sampler = new Sampler(
                    SamplingOptions.builder()
                            .temperature(temperature)
                            .logitBias(Map.of(0, BAN, 1, BAN))
                            .build(),
                    2);
            assertThatIllegalStateException()
                    .isThrownBy(() -> sampler.choose(new float[2], 0))
                    .withMessage("logit_bias bans all 2 tokens");
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void refusesLogitsThatAreNotFinite(float bad) {
        Sampler sampler = new Sampler(SamplingOptions.greedy(), 3);

        assertThatIllegalStateException()
                .isThrownBy(() -> sampler.choose(new float[] {1, 2, bad}, 0))
                .withMessage("logit of token 2 is " + bad + ", expected a finite number");
        assertThatIllegalStateException()
                .isThrownBy(() -> sampler.choose(new int[] {2}, new float[] {bad}, 1, 0))
                .withMessageContaining("token 2");
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.MIN_VALUE, 1e-30f, 1f, 2f})
    void copesWithTheLargestLogits(float temperature) {
        float huge = Float.MAX_VALUE;
        Sampler sampler = new Sampler(
                SamplingOptions.builder().temperature(temperature).topP(0.9f).build(), 4);
        for (int position = 0; position < 50; position++) {
            assertThat(sampler.choose(new float[] {-huge, huge, 0, -huge}, position))
                    .isEqualTo(1);
        }
    }

    @Test
    void drawsTheSameForTheSameSeedAndPositionOnly() {
        float[] logits = normalLogits(1000, 31, 1);
        int[] first = draws(logits, 5);

        assertThat(draws(logits, 5)).isEqualTo(first);
        assertThat(draws(logits, 6)).isNotEqualTo(first);
        assertThat(Arrays.stream(first).distinct().count()).isGreaterThan(20);
    }

    private static int[] draws(float[] logits, long seed) {
        Sampler sampler =
                new Sampler(SamplingOptions.builder().temperature(1).seed(seed).build(), logits.length);
        int[] tokens = new int[50];
        // Backwards, so that no hidden state could give the same tokens.
        for (int position = seed % 2 == 0 ? 0 : 49;
                position >= 0 && position < 50;
                position += seed % 2 == 0 ? 1 : -1) {
            tokens[position] = sampler.choose(logits.clone(), position);
        }
        return tokens;
    }

    @Test
    void sharesAWorkspaceWithSamplersOfOtherSizes() {
        SamplingWorkspace workspace = new SamplingWorkspace();
        SamplingOptions options =
                SamplingOptions.builder().temperature(1).topP(0.8f).seed(1).build();
        float[] small = normalLogits(20, 41, 1);
        float[] large = normalLogits(400, 42, 1);
        Sampler a = new Sampler(options, 20, workspace);
        Sampler b = new Sampler(options, 400, workspace);
        for (int position = 0; position < 20; position++) {
            assertThat(a.choose(small, position)).isEqualTo(NaiveChain.choose(small, options, position));
            assertThat(b.choose(large, position)).isEqualTo(NaiveChain.choose(large, options, position));
        }
    }

    @Test
    void refusesInputThatDoesNotFit() {
        SamplingOptions topTwo =
                SamplingOptions.builder().temperature(1).topK(2).build();
        Sampler sampler = new Sampler(topTwo, 10);
        Sampler full = new Sampler(SamplingOptions.builder().temperature(1).build(), 10);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Sampler(topTwo, 0))
                .withMessageContaining("vocabulary size must be from 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Sampler(
                        SamplingOptions.builder()
                                .logitBias(Map.of(1, 1f, 10, 1f))
                                .build(),
                        10))
                .withMessage("logit_bias: token ids are from 0 to 9, found 10");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sampler.choose(new float[9], 0))
                .withMessage("expected 10 logits, one for each token, found 9");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sampler.accept(10))
                .withMessage("token ids are from 0 to 9, found 10");
        assertThatIllegalArgumentException().isThrownBy(() -> sampler.acceptPrompt(new int[] {1, -1}));
        assertThatIllegalStateException()
                .isThrownBy(() -> sampler.choose(new int[] {1}, new float[] {1}, 1, 0))
                .withMessage("expected at least 2 candidates, found 1");
        assertThatIllegalStateException()
                .isThrownBy(() -> full.choose(new int[] {1}, new float[] {1}, 1, 0))
                .withMessage("these options need all logits, found 1 candidates");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sampler.choose(new int[] {1, 10}, new float[] {2, 1}, 2, 0));
        assertThatIllegalStateException()
                .isThrownBy(() -> sampler.choose(new int[] {1, 2}, new float[] {1, 2}, 2, 0))
                .withMessage("candidate 1, token 2 with logit 2.0, is out of order after token 1 with logit 1.0");
        assertThatIllegalStateException().isThrownBy(() -> sampler.choose(new int[] {2, 1}, new float[] {2, 2}, 2, 0));
        assertThatIllegalStateException().isThrownBy(() -> sampler.choose(new int[] {2, 2}, new float[] {2, 2}, 2, 0));
    }
}
