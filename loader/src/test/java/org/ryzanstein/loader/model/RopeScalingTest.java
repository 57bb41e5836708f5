package org.ryzanstein.loader.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFormatException;

class RopeScalingTest {
    private static Hyperparameters shape(int headDim, float base, int context, Map<String, String> scaling) {
        return new Hyperparameters(
                64, 64, 1, 2, 1, headDim, context, 10, 1e-5f, base, headDim, true, scaling, Optional.empty());
    }

    private static RopeScaling scaling(Hyperparameters shape) {
        return RopeScaling.of("the file", shape).orElseThrow();
    }

    private static double[] scaled(Hyperparameters shape) {
        double[] frequencies = RotaryTable.frequencies(shape);
        scaling(shape).apply(frequencies);
        return frequencies;
    }

    private static Map<String, String> fields(String text) {
        Map<String, String> fields = new HashMap<>();
        for (String field : text.split(" ")) {
            String[] pair = field.split("=");
            fields.put(pair[0], pair[1]);
        }
        return fields;
    }

    private static void assertClose(double[] actual, double[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).as("frequency %d", i).isCloseTo(expected[i], within(1e-12 * expected[i]));
        }
    }

    @Test
    void noFieldsAreNoScaling() {
        assertThat(RopeScaling.of("the file", shape(8, 10_000, 100, Map.of()))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"64, 500000, 8, 1, 4, 8192", "128, 500000, 32, 1, 4, 8192", "64, 10000, 2.5, 1.5, 2, 77"})
    void llama3KeepsShortWavelengthsAndStretchesLongOnes(
            int dimension, float base, double factor, double low, double high, int original) {
        Hyperparameters shape = shape(
                dimension,
                base,
                131_072,
                fields(("rope_type=llama3 factor=%s low_freq_factor=%s high_freq_factor=%s"
                                + " original_max_position_embeddings=%d")
                        .formatted(factor, low, high, original)));
        double[] plain = NaiveLlama.frequencies(base, dimension);
        double[] scaled = scaled(shape);
        assertClose(scaled, RopeFormulas.llama3(plain, factor, low, high, original));
        assertThat(scaled[0]).isEqualTo(1);
        assertThat(scaled[scaled.length - 1]).isCloseTo(plain[plain.length - 1] / factor, within(1e-12));
        assertThat(scaling(shape).magnitude()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "128, 1000000, 4, 32768, 32, 1",
        "64, 10000, 16, 4096, 32, 1",
        "8, 10000, 40, 64, 16, 2",
        "100, 5000000, 1, 2048, 32, 1"
    })
    void yarnMixesByARampOverTheDimensions(
            int dimension, float base, double factor, int original, double fast, double slow) {
        double magnitude = factor > 1 ? 0.1 * Math.log(factor) + 1 : 1;
        String hub = "rope_type=yarn factor=%s original_max_position_embeddings=%d beta_fast=%s beta_slow=%s"
                .formatted(factor, original, fast, slow);
        String gguf = ("rope.scaling.type=yarn rope.scaling.factor=%s rope.scaling.original_context_length=%d"
                        + " rope.scaling.yarn_beta_fast=%s rope.scaling.yarn_beta_slow=%s")
                .formatted(factor, original, fast, slow);
        for (String form : new String[] {hub, gguf}) {
            Hyperparameters shape = shape(dimension, base, 131_072, fields(form));
            assertClose(scaled(shape), RopeFormulas.yarn(base, dimension, factor, original, fast, slow));
            assertThat(scaling(shape).magnitude()).isCloseTo(magnitude, within(1e-12));
        }
    }

    /** Transformers takes attention_factor as it stands, llama.cpp multiplies what it is given with its own. */
    @Test
    void yarnsAttentionFactorReplacesOrMultipliesTheDefault() {
        assertThat(scaling(shape(64, 1e4f, 64, fields("rope_type=yarn factor=4 attention_factor=1.5")))
                        .magnitude())
                .isEqualTo(1.5);
        assertThat(scaling(shape(
                                64,
                                1e4f,
                                64,
                                fields("rope.scaling.type=yarn rope.scaling.factor=4 rope.scaling.attn_factor=1.5")))
                        .magnitude())
                .isCloseTo(1.5 * (1 + 0.1 * Math.log(4)), within(1e-12));
        assertThat(scaling(shape(64, 1e4f, 64, fields("rope_type=yarn factor=4 attention_factor=null")))
                        .magnitude())
                .isCloseTo(1 + 0.1 * Math.log(4), within(1e-12));
    }

    @Test
    void yarnTakesTheModelsContextWhereNoneIsNamed() {
        assertClose(
                scaled(shape(64, 10_000, 2048, fields("rope_type=yarn factor=4"))),
                RopeFormulas.yarn(10_000, 64, 4, 2048, 32, 1));
    }

    @ParameterizedTest
    @CsvSource({
        "rope_type=linear factor=4",
        "type=linear factor=4",
        "rope.scaling.type=linear rope.scaling.factor=4",
        "rope.scaling.factor=4",
        "rope.scale_linear=4"
    })
    void linearDividesEveryFrequency(String form) {
        Hyperparameters shape = shape(64, 10_000, 2048, fields(form));
        double[] expected = Arrays.stream(NaiveLlama.frequencies(10_000, 64))
                .map(frequency -> frequency / 4)
                .toArray();
        assertClose(scaled(shape), expected);
        assertThat(scaling(shape).magnitude()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rope_type=dynamic factor=2 | rope scaling: found dynamic, expected linear, llama3 or yarn",
                "rope_type=longrope | rope scaling: found longrope",
                "rope.scaling.type=longrope | rope scaling: found longrope",
                "rope_type=longrope long_factor=[1] | rope scaling: long_factor: found [1]",
                "rope_type=yarn factor=4 mscale=1 | rope scaling: mscale: found 1",
                "rope_type=yarn factor=4 truncate=false | rope scaling: truncate: found false",
                "rope.scaling.type=yarn rope.scaling.yarn_ext_factor=0.5 | rope scaling: rope.scaling.yarn_ext_factor",
                "rope.scaling.attn_factor=2 | rope scaling: found of no kind",
                "rope_type=linear | rope scaling: factor: found nothing",
                "rope_type=linear factor=0 | rope scaling: factor: found 0",
                "rope_type=linear factor=x | rope scaling: factor: found x",
                "rope_type=linear factor=2 attention_factor=2 | rope scaling: attention_factor: found 2.0",
                "rope.scaling.type=linear rope.scaling.factor=2 rope.scaling.attn_factor=2 | rope.scaling.attn_factor: found 2.0",
                "rope_type=yarn | rope scaling: factor: found nothing",
                "rope_type=llama3 factor=8 low_freq_factor=1 | rope scaling: high_freq_factor: found nothing",
                "rope_type=llama3 factor=8 high_freq_factor=4 | rope scaling: low_freq_factor: found nothing",
                "rope_type=llama3 factor=8 low_freq_factor=4 high_freq_factor=4 | rope scaling: high_freq_factor: found 4.0",
                "rope_type=llama3 factor=8 low_freq_factor=1 high_freq_factor=4 | original_max_position_embeddings: found nothing"
            })
    void refusesByName(String form, String message) {
        Hyperparameters shape = shape(64, 10_000, 2048, fields(form));
        assertThatThrownBy(() -> RopeScaling.of("the file", shape))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("the file")
                .hasMessageContaining(message);
    }
}
