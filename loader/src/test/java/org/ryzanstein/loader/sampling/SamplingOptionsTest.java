package org.ryzanstein.loader.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SamplingOptionsTest {
    @Test
    void takesEveryOption() {
        SamplingOptions options = SamplingOptions.builder()
                .temperature(0.8f)
                .topK(40)
                .topP(0.9f)
                .minP(0.05f)
                .repetitionPenalty(1.1f)
                .frequencyPenalty(0.5f)
                .presencePenalty(-0.5f)
                .penaltyWindow(64)
                .logitBias(Map.of(7, -100f))
                .seed(-3)
                .logprobs(20)
                .build();

        assertThat(options)
                .isEqualTo(new SamplingOptions(0.8f, 40, 0.9f, 0.05f, 1.1f, 0.5f, -0.5f, 64, Map.of(7, -100f), -3, 20));
        assertThat(options.toBuilder().build()).isEqualTo(options);
    }

    @Test
    void isGreedyUnlessToldOtherwise() {
        assertThat(SamplingOptions.builder().build()).isEqualTo(SamplingOptions.greedy());
        assertThat(SamplingOptions.greedy())
                .isEqualTo(new SamplingOptions(0f, 0, 1f, 0f, 1f, 0f, 0f, -1, Map.of(), 0, -1));
    }

    @Test
    void readsTopKMinusOneAsAll() {
        assertThat(SamplingOptions.builder().topK(-1).build().topK()).isZero();
    }

    @Test
    void keepsItsOwnCopyOfTheBias() {
        Map<Integer, Float> bias = new HashMap<>(Map.of(1, 2f));
        SamplingOptions options = SamplingOptions.builder().logitBias(bias).build();

        bias.put(1, 3f);

        assertThat(options.logitBias()).containsExactly(Map.entry(1, 2f));
    }

    static Stream<Arguments> outOfRange() {
        return Stream.of(
                refused(b -> b.temperature(-0.1f), "temperature must be from 0 to 2, found -0.1"),
                refused(b -> b.temperature(3), "temperature must be from 0 to 2, found 3"),
                refused(b -> b.temperature(Float.NaN), "temperature must be from 0 to 2, found NaN"),
                refused(b -> b.topK(-2), "top_k must be -1 or more, found -2"),
                refused(b -> b.topP(1.5f), "top_p must be from 0 to 1, found 1.5"),
                refused(b -> b.topP(-1), "top_p must be from 0 to 1, found -1"),
                refused(b -> b.minP(Float.POSITIVE_INFINITY), "min_p must be from 0 to 1, found Infinity"),
                refused(b -> b.repetitionPenalty(0), "repetition_penalty must be from 0.01 to 100, found 0"),
                refused(b -> b.frequencyPenalty(2.5f), "frequency_penalty must be from -2 to 2, found 2.5"),
                refused(b -> b.presencePenalty(-2.5f), "presence_penalty must be from -2 to 2, found -2.5"),
                refused(b -> b.penaltyWindow(-2), "penalty_window must be -1 or more, found -2"),
                refused(b -> b.logitBias(Map.of(-1, 0f)), "logit_bias: token ids are 0 or more, found -1"),
                refused(
                        b -> b.logitBias(Map.of(5, 101f)),
                        "logit_bias of token 5 must be from -100 to 100, or negative infinity, found 101"),
                refused(
                        b -> b.logitBias(Map.of(5, Float.NaN)),
                        "logit_bias of token 5 must be from -100 to 100, or negative infinity, found NaN"),
                refused(b -> b.logprobs(21), "logprobs must be -1 (none) or from 0 to 20, found 21"),
                refused(b -> b.logprobs(-2), "logprobs must be -1 (none) or from 0 to 20, found -2"));
    }

    private static Arguments refused(UnaryOperator<SamplingOptions.Builder> change, String message) {
        return Arguments.of(change, message);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("outOfRange")
    void refusesAValueOutOfRangeByName(UnaryOperator<SamplingOptions.Builder> change, String message) {
        SamplingOptions.Builder builder = change.apply(SamplingOptions.builder());

        assertThatIllegalArgumentException().isThrownBy(builder::build).withMessage(message);
    }

    @Test
    void acceptsTheEndsOfEveryRange() {
        for (SamplingOptions.Builder builder : List.of(
                SamplingOptions.builder()
                        .temperature(2)
                        .topP(0)
                        .minP(1)
                        .repetitionPenalty(0.01f)
                        .frequencyPenalty(-2)
                        .presencePenalty(2)
                        .penaltyWindow(0)
                        .logprobs(0),
                SamplingOptions.builder()
                        .topK(Integer.MAX_VALUE)
                        .repetitionPenalty(100)
                        .frequencyPenalty(2)
                        .presencePenalty(-2)
                        .logitBias(Map.of(0, 100f, 1, -100f, 2, Float.NEGATIVE_INFINITY)))) {
            SamplingOptions options = builder.build();
            assertThat(options.toBuilder().build()).isEqualTo(options);
        }
    }
}
