package org.ryzanstein.loader.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PenaltiesTest {
    private static final int VOCABULARY = 400;

    private final List<Integer> prompt = new ArrayList<>();
    private final List<Integer> answer = new ArrayList<>();

    @ParameterizedTest
    @CsvSource({
        "1.3, 0, 0, -1",
        "0.7, 0, 0, -1",
        "1.3, 0, 0, 1",
        "1.3, 0, 0, 70",
        "1.3, 0, 0, 100000",
        "1.3, 0, 0, 0",
        "1, 0.5, 0, -1",
        "1, -0.5, 0, -1",
        "1, 0, 1.5, -1",
        "1, 0, -1.5, 3",
        "1.2, 0.25, 0.75, 50",
    })
    void changesLogitsAsTheNaiveFormulasDo(float repetition, float frequency, float presence, int window) {
        SamplingOptions options = SamplingOptions.builder()
                .repetitionPenalty(repetition)
                .frequencyPenalty(frequency)
                .presencePenalty(presence)
                .penaltyWindow(window)
                .logitBias(Map.of(3, 2.5f, 7, -100f, 9, Float.NEGATIVE_INFINITY))
                .build();
        LogitAdjustments adjustments = new LogitAdjustments(options);
        Random random = new Random(17);
        for (int i = 0; i < 300; i++) {
            int token = (int) Math.abs(random.nextGaussian() * 60) % VOCABULARY;
            if (i < 120) {
                prompt.add(token);
                adjustments.acceptPrompt(token);
            } else {
                answer.add(token);
                adjustments.acceptGenerated(token);
            }
            if (i % 50 == 0 || i > 290) {
                float[] logits = SamplerTest.normalLogits(VOCABULARY, i, 4);
                double[] expected = naive(logits, options);
                adjustments.apply(logits);
                for (int id = 0; id < VOCABULARY; id++) {
                    if (id == 9) {
                        assertThat(logits[id]).isEqualTo(Float.NEGATIVE_INFINITY);
                    } else {
                        assertThat((double) logits[id]).as("token %d", id).isCloseTo(expected[id], within(1e-4));
                    }
                }
            }
        }
    }

    private double[] naive(float[] logits, SamplingOptions options) {
        double[] result = new double[logits.length];
        List<Integer> context = new ArrayList<>(prompt);
        context.addAll(answer);
        int window = options.penaltyWindow();
        List<Integer> recent = window < 0 || window > context.size()
                ? context
                : context.subList(context.size() - window, context.size());
        HashSet<Integer> repeated = new HashSet<>(recent);
        for (int id = 0; id < logits.length; id++) {
            double logit = logits[id] + (double) options.logitBias().getOrDefault(id, 0f);
            if (repeated.contains(id)) {
                logit = logit > 0 ? logit / options.repetitionPenalty() : logit * options.repetitionPenalty();
            }
            int token = id;
            long count = answer.stream().filter(t -> t == token).count();
            logit -= count * options.frequencyPenalty();
            logit -= count > 0 ? options.presencePenalty() : 0;
            result[id] = logit;
        }
        return result;
    }

    @Test
    void changeTheChoice() {
        float[] logits = {1f, 3f, 2.9f, -1f};
        Sampler sampler = new Sampler(
                SamplingOptions.builder()
                        .repetitionPenalty(2)
                        .presencePenalty(0.5f)
                        .build(),
                4);

        assertThat(sampler.choose(logits, 0)).isEqualTo(1);
        sampler.acceptPrompt(new int[] {1});
        assertThat(sampler.choose(logits, 1)).isEqualTo(2);
        sampler.accept(2);
        // 3 / 2 = 1.5 against 2.9 / 2 - 0.5 = 0.95
        assertThat(sampler.choose(logits, 2)).isEqualTo(1);
    }

    @Test
    void forgetTokensThatLeftTheWindow() {
        float[] logits = {1f, 3f, 2.9f, -1f};
        Sampler sampler = new Sampler(
                SamplingOptions.builder().repetitionPenalty(2).penaltyWindow(2).build(), 4);
        sampler.acceptPrompt(new int[] {1, 1, 0});
        assertThat(sampler.choose(logits, 3)).isEqualTo(2);

        sampler.accept(3);

        assertThat(sampler.choose(logits, 4)).isEqualTo(1);
    }

    @Test
    void refuseToOverflow() {
        Sampler sampler =
                new Sampler(SamplingOptions.builder().repetitionPenalty(100).build(), 2);
        sampler.accept(1);

        assertThatIllegalStateException()
                .isThrownBy(() -> sampler.choose(new float[] {1, -3e38f}, 0))
                .withMessage("logit -3.0E38 of token 1 became -Infinity by repetition, frequency or presence penalty");
    }

    @Test
    void countManyTokensExactly() {
        TokenCounts counts = new TokenCounts();
        int[] expected = new int[5000];
        Random random = new Random(23);
        for (int i = 0; i < 60_000; i++) {
            // The range moves, so that most tokens leave again and the table is cleaned.
            int token = i / 20 + random.nextInt(1000);
            if (expected[token] > 0 && random.nextInt(3) > 0) {
                expected[token]--;
                counts.remove(token);
            } else {
                expected[token]++;
                counts.add(token);
            }
        }
        int[] found = new int[5000];
        for (int slot = 0; slot < counts.slots(); slot++) {
            if (counts.count(slot) > 0) {
                found[counts.token(slot)] += counts.count(slot);
            }
        }
        assertThat(found).isEqualTo(expected);
    }
}
