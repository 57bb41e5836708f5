package org.ryzanstein.loader.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LogprobsTest {
    private static double logprob(float[] logits, int token) {
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

    @Test
    void comeFromTheModelsRawLogits() {
        float[] logits = SamplerTest.normalLogits(1000, 51, 3);
        int best = SamplerTest.sortedIds(logits)[0];
        Sampler sampler = new Sampler(
                SamplingOptions.builder()
                        .temperature(0.3f)
                        .topK(5)
                        .presencePenalty(2)
                        .logitBias(Map.of(best, Float.NEGATIVE_INFINITY))
                        .logprobs(5)
                        .build(),
                1000);

        int token = sampler.choose(logits, 3);
        Logprobs result = sampler.logprobs();

        assertThat(result.token()).isEqualTo(token).isNotEqualTo(best);
        assertThat(result.logprob()).isCloseTo(logprob(logits, token), within(1e-5));
        assertThat(result.top()).hasSize(5);
        assertThat(result.top().getFirst().token()).isEqualTo(best);
        assertThat(result.top())
                .allSatisfy(alternative -> assertThat(alternative.logprob())
                        .isCloseTo(logprob(logits, alternative.token()), within(1e-5)));
    }

    @Test
    void listAlternativesByFallingLogitEqualOnesByRisingId() {
        for (int count : new int[] {1, 3, 20}) {
            Sampler sampler =
                    new Sampler(SamplingOptions.builder().logprobs(count).build(), 100);
            float[] logits = SamplerTest.tiedLogits(100, count);
            sampler.choose(logits, 0);

            List<Integer> tokens = sampler.logprobs().top().stream()
                    .map(Logprobs.Alternative::token)
                    .toList();

            int[] sorted = SamplerTest.sortedIds(logits);
            assertThat(tokens)
                    .isEqualTo(Arrays.stream(sorted).limit(count).boxed().toList());
        }
    }

    @Test
    void holdTheWholeVocabularyIfItIsSmaller() {
        Sampler sampler = new Sampler(SamplingOptions.builder().logprobs(20).build(), 2);
        sampler.choose(new float[] {0, 0}, 0);

        Logprobs result = sampler.logprobs();

        assertThat(result.token()).isZero();
        assertThat(result.logprob()).isEqualTo(-StrictMath.log(2));
        assertThat(result.top())
                .containsExactly(
                        new Logprobs.Alternative(0, -StrictMath.log(2)),
                        new Logprobs.Alternative(1, -StrictMath.log(2)));
    }

    @Test
    void holdTheChosenTokenOnlyIfNoAlternativesWereAskedFor() {
        Sampler sampler = new Sampler(SamplingOptions.builder().logprobs(0).build(), 3);
        sampler.choose(new float[] {0, 800, 0}, 0);

        assertThat(sampler.logprobs()).isEqualTo(new Logprobs(1, 0.0, List.of()));
    }

    @Test
    void areRefusedWhereThereAreNone() {
        assertThatIllegalStateException()
                .isThrownBy(() -> new Sampler(SamplingOptions.greedy(), 3).logprobs())
                .withMessage("log-probabilities were not asked for: logprobs is -1");
        assertThatIllegalStateException()
                .isThrownBy(
                        () -> new Sampler(SamplingOptions.builder().logprobs(0).build(), 3).logprobs())
                .withMessage("no token was chosen yet");
    }
}
