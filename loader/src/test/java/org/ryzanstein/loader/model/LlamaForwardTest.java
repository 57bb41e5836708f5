package org.ryzanstein.loader.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.TensorType;

/** Tiny random models of the Llama family, in both formats, against {@link NaiveLlama}. */
class LlamaForwardTest {
    /** The largest differences seen are a quarter of it. No activation of these seeds falls beside a rounding boundary. */
    private static final double CLOSE = 3e-5;

    @TempDir
    Path folder;

    private static Stream<Arguments> models() {
        return Stream.of(
                Arguments.of("llama, separate head", SyntheticLlama.of("llama")),
                Arguments.of("llama, tied head", SyntheticLlama.of("llama").tied()),
                Arguments.of(
                        "llama, a KV head for each head",
                        SyntheticLlama.of("llama").heads(4, 4, 8)),
                Arguments.of("llama, one KV head", SyntheticLlama.of("llama").heads(4, 1, 8)),
                Arguments.of(
                        "llama, three heads to a KV head",
                        SyntheticLlama.of("llama").heads(6, 2, 10)),
                Arguments.of(
                        "llama, head of 100",
                        SyntheticLlama.of("llama").heads(3, 1, 100).widths(60, 75)),
                Arguments.of("llama, biases", SyntheticLlama.of("llama").biased()),
                Arguments.of("llama, F16", SyntheticLlama.of("llama").type(TensorType.F16)),
                Arguments.of("llama, BF16", SyntheticLlama.of("llama").type(TensorType.BF16)),
                Arguments.of("qwen2", SyntheticLlama.of("qwen2")),
                Arguments.of(
                        "qwen2, tied head, BF16",
                        SyntheticLlama.of("qwen2").tied().type(TensorType.BF16)),
                Arguments.of("qwen3, wide heads", SyntheticLlama.of("qwen3").heads(4, 2, 20)),
                Arguments.of(
                        "qwen3, tied head",
                        SyntheticLlama.of("qwen3").heads(5, 5, 6).tied()));
    }

    private static int[] tokens(int count) {
        return new Random(7).ints(count, 0, 61).toArray();
    }

    /** The logits after each token, fed in pieces. */
    private static List<float[]> run(Path path, int piece, int... tokens) {
        List<float[]> logits = new ArrayList<>();
        try (ModelRunner runner = new ModelRunner(path, piece)) {
            for (int from = 0; from < tokens.length; from += piece) {
                logits.addAll(runner.feed(Arrays.copyOfRange(tokens, from, Math.min(tokens.length, from + piece))));
            }
        }
        return logits;
    }

    /** The largest difference. */
    private static double difference(List<float[]> logits, double[][] expected) {
        assertThat(logits).hasSameSizeAs(expected);
        double largest = 0;
        for (int row = 0; row < expected.length; row++) {
            for (int token = 0; token < expected[row].length; token++) {
                double difference = Math.abs(logits.get(row)[token] - expected[row][token]);
                assertThat(difference).as("row %d, token %d", row, token).isNotNaN();
                largest = Math.max(largest, difference);
            }
        }
        return largest;
    }

    private static void assertSameBits(List<float[]> first, List<float[]> second) {
        assertThat(first).hasSameSizeAs(second);
        for (int row = 0; row < first.size(); row++) {
            assertThat(first.get(row)).containsExactly(second.get(row));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void bothFormatsGiveTheLogitsOfTheNaiveForwardPass(String name, SyntheticLlama.Builder builder) throws IOException {
        SyntheticLlama model = builder.build();
        int[] tokens = tokens(40);
        double[][] expected = new NaiveLlama(model).logits(tokens);

        List<float[]> hub = run(model.writeHub(folder.resolve("hub")), 17, tokens);
        List<float[]> gguf = run(model.writeGguf(folder.resolve("model.gguf")), 40, tokens);

        assertThat(difference(hub, expected)).isLessThan(CLOSE);
        assertThat(difference(gguf, expected)).isLessThan(CLOSE);
    }

    @Test
    void agreesBeyondTheFirstAttentionBlock(@TempDir Path other) throws IOException {
        SyntheticLlama model =
                SyntheticLlama.of("qwen3").heads(2, 1, 8).widths(16, 20).build();
        int[] tokens = tokens(300);
        double[][] expected = new NaiveLlama(model).logits(tokens);
        assertThat(difference(run(model.writeHub(other), 64, tokens), expected)).isLessThan(CLOSE);
    }

    @Test
    void shardsWithAnIndexGiveTheSameBitsAsOneFile() throws IOException {
        SyntheticLlama model = SyntheticLlama.of("qwen2").build();
        Path single = model.writeHub(folder.resolve("single"));
        Path sharded = model.writeHub(folder.resolve("sharded"), 3, config -> {});
        assertThat(sharded.resolve("model-00002-of-00003.safetensors")).exists();
        assertThat(sharded.resolve("model.safetensors")).doesNotExist();
        assertSameBits(run(sharded, 12, tokens(12)), run(single, 12, tokens(12)));
    }

    private double hubDifference(SyntheticLlama model, Consumer<Map<String, Object>> change, NaiveLlama naive)
            throws IOException {
        int[] tokens = tokens(24);
        return difference(run(model.writeHub(folder.resolve("hub"), 1, change), 24, tokens), naive.logits(tokens));
    }

    @Test
    void readsMistralsConfiguration() throws IOException {
        SyntheticLlama model = SyntheticLlama.of("llama").heads(4, 2, 12).build();
        assertThat(hubDifference(
                        model,
                        config -> {
                            config.put("architectures", List.of("MistralForCausalLM"));
                            config.put("model_type", "mistral");
                            config.put("sliding_window", null);
                        },
                        new NaiveLlama(model)))
                .isLessThan(CLOSE);
    }

    @Test
    void readsLlama2sConfigurationWithoutBaseKvHeadsAndHeadWidth() throws IOException {
        SyntheticLlama model = SyntheticLlama.of("llama").heads(4, 4, 8).build();
        assertThat(hubDifference(
                        model,
                        config -> {
                            config.remove("rope_theta");
                            config.remove("num_key_value_heads");
                            config.remove("head_dim");
                            config.put("rope_scaling", null);
                        },
                        new NaiveLlama(model)))
                .isLessThan(CLOSE);
    }

    @Test
    void readsQwen2sConfigurationWithAWindowThatIsNotUsed() throws IOException {
        SyntheticLlama model = SyntheticLlama.of("qwen2").build();
        assertThat(hubDifference(
                        model,
                        config -> {
                            config.put("sliding_window", 4);
                            config.put("use_sliding_window", false);
                            config.put("max_window_layers", 1);
                            config.put("layer_types", List.of("full_attention", "full_attention"));
                        },
                        new NaiveLlama(model)))
                .isLessThan(CLOSE);
    }

    @Test
    void readsRotaryParametersInTheFormOfTransformers5() throws IOException {
        SyntheticLlama model = SyntheticLlama.of("qwen3").build();
        double[] frequencies = NaiveLlama.frequencies(500, model.headDim);
        assertThat(hubDifference(
                        model,
                        config -> {
                            config.remove("rope_theta");
                            config.put("rope_parameters", Map.of("rope_theta", 500.0, "rope_type", "default"));
                        },
                        new NaiveLlama(model, frequencies, 1)))
                .isLessThan(CLOSE);
    }

    @Test
    void scalesFrequenciesAsTheConfigurationSays() throws IOException {
        SyntheticLlama model = SyntheticLlama.of("llama").heads(2, 1, 16).build();
        double[] linear = NaiveLlama.frequencies(model.ropeBase, 16);
        for (int i = 0; i < linear.length; i++) {
            linear[i] /= 4;
        }
        assertThat(hubDifference(
                        model,
                        config -> config.put("rope_scaling", Map.of("type", "linear", "factor", 4.0)),
                        new NaiveLlama(model, linear, 1)))
                .isLessThan(CLOSE);

        double[] llama3 = RopeFormulas.llama3(NaiveLlama.frequencies(model.ropeBase, 16), 8, 1, 4, 64);
        assertThat(llama3).isNotEqualTo(NaiveLlama.frequencies(model.ropeBase, 16));
        assertThat(hubDifference(
                        model,
                        config -> config.put(
                                "rope_scaling",
                                Map.of(
                                        "rope_type",
                                        "llama3",
                                        "factor",
                                        8.0,
                                        "low_freq_factor",
                                        1.0,
                                        "high_freq_factor",
                                        4.0,
                                        "original_max_position_embeddings",
                                        64)),
                        new NaiveLlama(model, llama3, 1)))
                .isLessThan(CLOSE);

        double[] yarn = RopeFormulas.yarn(model.ropeBase, 16, 4, 64, 32, 1);
        double magnitude = 1 + 0.1 * Math.log(4);
        assertThat(hubDifference(
                        model,
                        config -> config.put(
                                "rope_scaling",
                                Map.of("rope_type", "yarn", "factor", 4.0, "original_max_position_embeddings", 64)),
                        new NaiveLlama(model, yarn, magnitude)))
                .isLessThan(CLOSE);
    }

    private double ggufDifference(SyntheticLlama model, Consumer<GgufWriter> more, NaiveLlama naive)
            throws IOException {
        int[] tokens = tokens(24);
        Path path = model.writeGguf(folder.resolve("model.gguf"), TensorType.TQ2_0, more);
        return difference(run(path, 24, tokens), naive.logits(tokens));
    }

    @Test
    void scalesFrequenciesAsAGgufSays() throws IOException {
        SyntheticLlama model = SyntheticLlama.of("llama").heads(2, 1, 16).build();
        double[] plain = NaiveLlama.frequencies(model.ropeBase, 16);
        double[] llama3 = RopeFormulas.llama3(plain, 8, 1, 4, 64);
        float[] divisors = new float[8];
        for (int i = 0; i < 8; i++) {
            divisors[i] = (float) (plain[i] / llama3[i]);
        }
        assertThat(ggufDifference(
                        model,
                        writer -> writer.tensor("rope_freqs.weight", TensorType.F32, List.of(8L), sink -> {
                            byte[] bytes = SyntheticLlama.bytes(TensorType.F32, divisors);
                            sink.write(bytes, 0, bytes.length);
                        }),
                        new NaiveLlama(model, llama3, 1)))
                .isLessThan(CLOSE);
        assertThat(ggufDifference(
                        model,
                        writer -> writer.text("llama.rope.scaling.type", "yarn")
                                .float32("llama.rope.scaling.factor", 4)
                                .float32("llama.rope.scaling.attn_factor", 1.25f)
                                .uint32("llama.rope.scaling.original_context_length", 64)
                                .float32("llama.rope.scaling.yarn_beta_fast", 16)
                                .float32("llama.rope.scaling.yarn_beta_slow", 2)
                                .bool("llama.rope.scaling.finetuned", true),
                        new NaiveLlama(
                                model,
                                RopeFormulas.yarn(model.ropeBase, 16, 4, 64, 16, 2),
                                1.25 * (1 + 0.1 * Math.log(4)))))
                .isLessThan(CLOSE);
        double[] halved = Arrays.stream(plain).map(f -> f / 2).toArray();
        assertThat(ggufDifference(
                        model,
                        writer -> writer.float32("llama.rope.scale_linear", 2),
                        new NaiveLlama(model, halved, 1)))
                .isLessThan(CLOSE);
        assertThat(ggufDifference(
                        model,
                        writer ->
                                writer.text("llama.rope.scaling.type", "none").float32("llama.rope.scaling.factor", 2),
                        new NaiveLlama(model)))
                .isLessThan(CLOSE);
    }

    private static SyntheticLlama ternary(String architecture, long seed) {
        return SyntheticLlama.of(architecture)
                .widths(256, 512)
                .heads(8, 2, 32)
                .ternary(1 / 16f)
                .seed(seed)
                .build();
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"TQ1_0", "TQ2_0", "I2_S"})
    void ternaryLayersOfAGgufGiveTheLogitsOfTheNaiveForwardPass(TensorType type) throws IOException {
        SyntheticLlama model = ternary("llama", 3);
        int[] tokens = tokens(24);
        Path path = model.writeGguf(folder.resolve("model.gguf"), type, writer -> {});
        double difference = difference(run(path, 24, tokens), new NaiveLlama(model).logits(tokens));
        assertThat(difference).isLessThan(CLOSE);
    }

    /** Falcon3-1.58bit and Llama3-8B-1.58 name no linear class, which divides by the scale; a newer class multiplies. */
    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2"})
    void packedTernaryLayersOfTheHubGiveTheLogitsOfTheNaiveForwardPass(String architecture) throws IOException {
        SyntheticLlama model = ternary(architecture, 3);
        int[] tokens = tokens(24);
        List<float[]> divided = run(model.writeHub(folder.resolve("divided")), 24, tokens);
        List<float[]> multiplied = run(
                model.writeHub(
                        folder.resolve("multiplied"),
                        1,
                        config -> config.put(
                                "quantization_config",
                                Map.of(
                                        "quant_method",
                                        "bitnet",
                                        "linear_class",
                                        "autobitlinear",
                                        "quantization_mode",
                                        "offline"))),
                24,
                tokens);
        double difference = difference(divided, new NaiveLlama(model).logits(tokens));
        assertThat(difference).isLessThan(CLOSE);
        assertSameBits(multiplied, divided);
        if (architecture.equals("qwen2")) {
            Path gguf = model.writeGguf(folder.resolve("model.gguf"), TensorType.I2_S, writer -> {});
            assertSameBits(run(gguf, 7, tokens), divided);
        }
    }

    /** Rows that do not fill a packed byte, and the odd widths that only the hub can pack. */
    @Test
    void packedTernaryLayersOfOddSizesGiveTheLogitsOfTheNaiveForwardPass() throws IOException {
        SyntheticLlama model = SyntheticLlama.of("llama")
                .widths(60, 173)
                .heads(3, 3, 10)
                .ternary(1 / 8f)
                .build();
        int[] tokens = tokens(24);
        assertThat(difference(
                        run(model.writeHub(folder.resolve("hub")), 24, tokens), new NaiveLlama(model).logits(tokens)))
                .isLessThan(CLOSE);
    }
}
