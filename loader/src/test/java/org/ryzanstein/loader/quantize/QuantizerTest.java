package org.ryzanstein.loader.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.EngineOptions;
import org.ryzanstein.loader.engine.GenerationListener;
import org.ryzanstein.loader.engine.GenerationRequest;
import org.ryzanstein.loader.format.GgufFile;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.format.TensorInfo;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.format.TensorSources;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.tokenizer.EncodeOptions;
import org.ryzanstein.loader.tokenizer.SharedData;
import org.ryzanstein.loader.tokenizer.Tokenizer;
import org.ryzanstein.loader.tokenizer.Tokenizers;

class QuantizerTest {
    private static final Path I2S = Path.of(
            System.getProperty("basedir", "."), "src/main/resources/org/ryzanstein/loader/model/bitnet-tiny-i2_s.gguf");
    private static final Path TQ2 = HubLlama.PACKED.resolveSibling("bitnet-tiny-tq2_0.gguf");
    private static final int DIGITS_OF_THE_TINY_MODEL = 4 * (256 * 768 * 3 + 256 * 256 * 2 + 256 * 128 * 2);

    @TempDir
    Path folder;

    private QuantizationReport quantize(Path source, String name, QuantizationOptions options) throws IOException {
        return Quantizer.quantize(source, folder.resolve(name), options, ProgressListener.NONE);
    }

    private static byte[] bytes(TensorInfo tensor) {
        return tensor.data().toArray(ValueLayout.JAVA_BYTE);
    }

    private static Map<String, byte[]> digits(Path path) {
        Map<String, byte[]> digits = new LinkedHashMap<>();
        try (ModelFile model = ModelFile.open(path)) {
            Hyperparameters shape = model.hyperparameters();
            int kv = shape.kvHeads() * shape.headDim();
            TensorSources sources = model.sources();
            for (int layer = 0; layer < shape.layers(); layer++) {
                for (TensorRole role : TensorRole.values()) {
                    int[] size = switch (role) {
                        case ATTENTION_QUERY, ATTENTION_OUTPUT -> new int[] {shape.hiddenSize(), shape.hiddenSize()};
                        case ATTENTION_KEY, ATTENTION_VALUE -> new int[] {kv, shape.hiddenSize()};
                        case FEED_FORWARD_GATE, FEED_FORWARD_UP ->
                            new int[] {shape.feedForwardSize(), shape.hiddenSize()};
                        case FEED_FORWARD_DOWN -> new int[] {shape.hiddenSize(), shape.feedForwardSize()};
                        default -> new int[0];
                    };
                    if (size.length > 0) {
                        TensorName name = TensorName.of(role, layer);
                        WeightSource.Ternary ternary = sources.ternary(name, size[0], size[1]);
                        byte[] all = new byte[size[0] * size[1]];
                        for (int row = 0; row < size[0]; row++) {
                            ternary.readDigits(row, all, row * size[1]);
                        }
                        digits.put(name.gguf(), all);
                    }
                }
            }
        }
        return digits;
    }

    private static void assertSameDigits(Path found, Path expected) {
        Map<String, byte[]> wanted = digits(expected);
        Map<String, byte[]> written = digits(found);
        assertThat(written.keySet()).isEqualTo(wanted.keySet()).hasSize(28);
        wanted.forEach((name, all) -> assertThat(written.get(name)).as(name).isEqualTo(all));
    }

    @ParameterizedTest
    @CsvSource({"TQ1_0, true", "TQ2_0, true", "I2_S, true", "TQ1_0, false", "TQ2_0, false", "I2_S, false"})
    void keepsTheDigitsOfABitNetInEachTernaryType(TensorType type, boolean packed) throws IOException {
        Path source = packed ? HubLlama.PACKED : SharedData.path("bitnet-tiny");
        QuantizationReport report = quantize(source, "bitnet.gguf", QuantizationOptions.of(type));
        assertSameDigits(folder.resolve("bitnet.gguf"), I2S);
        assertThat(report.digitsCompared()).isEqualTo(DIGITS_OF_THE_TINY_MODEL);
        assertThat(report.digitsChanged()).isZero();
        if (type == TensorType.I2_S) {
            assertThat(report.largestScaleError()).isZero();
        } else {
            assertThat(report.largestScaleError()).isBetween(1e-6, 0x1p-11);
        }
        byte[] once = Files.readAllBytes(folder.resolve("bitnet.gguf"));
        quantize(source, "again.gguf", QuantizationOptions.of(type));
        assertThat(Files.readAllBytes(folder.resolve("again.gguf"))).isEqualTo(once);
        assertThat(folder).isDirectoryNotContaining("glob:**.unverified");
    }

    @Test
    void writesThePackedModelAsThePublishedFileHasIt() throws IOException {
        quantize(
                HubLlama.PACKED,
                "i2s.gguf",
                QuantizationOptions.of(TensorType.I2_S).withHead(TensorType.F32));
        try (GgufFile expected = GgufFile.open(I2S);
                GgufFile found = GgufFile.open(folder.resolve("i2s.gguf"))) {
            assertThat(found.tensors().keySet()).isEqualTo(expected.tensors().keySet());
            for (TensorInfo tensor : expected.tensors().values()) {
                TensorInfo other = Objects.requireNonNull(found.tensors().get(tensor.name()));
                assertThat(other.type()).as(tensor.name()).isEqualTo(tensor.type());
                if (tensor.type() == TensorType.I2_S) {
                    // The last 28 bytes mean nothing.
                    int meaningful = (int) tensor.bytes() - 28;
                    assertThat(Arrays.copyOf(bytes(other), meaningful))
                            .as(tensor.name())
                            .isEqualTo(Arrays.copyOf(bytes(tensor), meaningful));
                } else {
                    assertThat(bytes(other)).as(tensor.name()).isEqualTo(bytes(tensor));
                }
            }
            for (String key :
                    List.of("block_count", "feed_forward_length", "context_length", "attention.head_count_kv")) {
                String full = "bitnet-b1.58." + key;
                assertThat(found.metadata().integer(full))
                        .as(full)
                        .isEqualTo(expected.metadata().integer(full));
            }
            for (String key : List.of("tokenizer.ggml.tokens", "tokenizer.ggml.merges")) {
                assertThat(found.metadata().strings(key))
                        .as(key)
                        .isEqualTo(expected.metadata().strings(key));
            }
            for (String key :
                    List.of("tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id", "general.file_type")) {
                assertThat(found.metadata().integer(key))
                        .as(key)
                        .isEqualTo(expected.metadata().integer(key));
            }
            assertThat(found.metadata().integers("tokenizer.ggml.token_type").orElseThrow())
                    .isEqualTo(expected.metadata()
                            .integers("tokenizer.ggml.token_type")
                            .orElseThrow());
            assertThat(found.metadata().string("tokenizer.chat_template"))
                    .isEqualTo(expected.metadata().string("tokenizer.chat_template"));
        }
    }

    @Test
    void theWrittenTokenizerCutsTextAsTheDirectorysOwn() throws IOException {
        quantize(HubLlama.PACKED, "tokens.gguf", QuantizationOptions.of(TensorType.TQ2_0));
        Tokenizer hub = Tokenizers.fromHub(HubLlama.PACKED);
        try (GgufFile file = GgufFile.open(folder.resolve("tokens.gguf"))) {
            Tokenizer written = Tokenizers.fromGguf(file.metadata());
            String text = "Once upon a time, 12345 Ünïcödé words!\n\n  Lily's <|eot_id|> end.";
            for (boolean special : new boolean[] {false, true}) {
                EncodeOptions options = new EncodeOptions(true, special);
                assertThat(written.encode(text, options)).isEqualTo(hub.encode(text, options));
            }
            assertThat(written.endOfGeneration()).isEqualTo(hub.endOfGeneration());
            assertThat(written.bos()).isEqualTo(hub.bos());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"I2_S", "TQ1_0", "F16", "F32"})
    void convertsOneGgufToAnother(TensorType type) throws IOException {
        QuantizationReport report = quantize(TQ2, "other.gguf", QuantizationOptions.of(type));
        assertSameDigits(folder.resolve("other.gguf"), TQ2);
        // The scales are float16 already.
        assertThat(report.largestScaleError()).isZero();
        assertThat(report.digitsChanged()).isZero();
        try (GgufFile source = GgufFile.open(TQ2);
                GgufFile found = GgufFile.open(folder.resolve("other.gguf"))) {
            List<String> keys = new ArrayList<>(source.metadata().keys());
            keys.remove("general.file_type");
            assertThat(found.metadata().keys()).containsAll(keys);
            assertThat(found.metadata().integer("general.file_type"))
                    .hasValue(QuantizationOptions.of(type).fileType());
            assertThat(found.tensors().keySet())
                    .containsExactlyElementsOf(source.tensors().keySet());
        }
    }

    @ParameterizedTest
    @CsvSource({"Q8_0, q8_0", "Q4_0, q4_0"})
    void writesTheBytesThatLlamaCppWrote(TensorType type, String reference) throws IOException {
        Path source = SharedData.path("stories260K/stories260K-f32.gguf");
        QuantizationReport report = quantize(source, "stories.gguf", QuantizationOptions.of(type));
        try (GgufFile expected = GgufFile.open(SharedData.path("stories260K/stories260K-" + reference + ".gguf"));
                GgufFile found = GgufFile.open(folder.resolve("stories.gguf"))) {
            assertThat(found.tensors()).hasSameSizeAs(expected.tensors());
            for (TensorInfo tensor : expected.tensors().values()) {
                TensorInfo other = Objects.requireNonNull(found.tensors().get(tensor.name()));
                assertThat(other.type()).as(tensor.name()).isEqualTo(tensor.type());
                assertThat(bytes(other)).as(tensor.name()).isEqualTo(bytes(tensor));
            }
            assertThat(found.metadata().integer("general.file_type"))
                    .isEqualTo(expected.metadata().integer("general.file_type"));
        }
        QuantizationReport.Tensor down = tensor(report, "blk.0.ffn_down.weight");
        assertThat(down.type()).isEqualTo("F16");
        assertThat(down.reason()).contains("rows of 172 fill no blocks of " + type);
    }

    @Test
    void reportsWhatANaiveReckoningFinds() throws IOException {
        HubLlama model = HubLlama.of("Qwen3ForCausalLM");
        QuantizationReport report =
                quantize(model.write(folder.resolve("hub")), "q8.gguf", QuantizationOptions.of(TensorType.Q8_0));
        String hubName = "model.layers.1.mlp.up_proj.weight";
        float[] before = model.tensor(hubName);
        double sum = 0;
        double largest = 0;
        double magnitude = 0;
        int zeros = 0;
        QuantizationReport.Tensor found = tensor(report, "blk.1.ffn_up.weight");
        try (GgufFile file = GgufFile.open(folder.resolve("q8.gguf"))) {
            ByteBuffer data = ByteBuffer.wrap(
                            bytes(Objects.requireNonNull(file.tensors().get("blk.1.ffn_up.weight"))))
                    .order(ByteOrder.LITTLE_ENDIAN);
            assertThat(found.bytesAfter()).isEqualTo(data.capacity());
            for (int i = 0; i < before.length; i++) {
                float scale = Float.float16ToFloat(data.getShort(i / 32 * 34));
                float after = scale * data.get(i / 32 * 34 + 2 + i % 32);
                sum += Math.abs((double) after - before[i]);
                largest = Math.max(largest, Math.abs((double) after - before[i]));
                magnitude += Math.abs(before[i]);
                zeros += after == 0 ? 1 : 0;
            }
            assertThat(report.bytesAfter()).isEqualTo(Files.size(folder.resolve("q8.gguf")));
            assertThat(report.tensorBytesAfter())
                    .isEqualTo(file.tensors().values().stream()
                            .mapToLong(TensorInfo::bytes)
                            .sum());
        }
        assertThat(zeros).isPositive();
        assertThat(found.zeros()).isEqualTo(zeros);
        assertThat(found.shareOfZeros()).isEqualTo((double) zeros / before.length);
        assertThat(found.meanError()).isCloseTo(sum / before.length, within(1e-12));
        assertThat(found.maxError()).isEqualTo(largest);
        assertThat(found.meanMagnitude()).isCloseTo(magnitude / before.length, within(1e-9));
        assertThat(found.bytesBefore()).isEqualTo(4L * before.length);
        assertThat(found.ratio()).isEqualTo(4 * 32 / 34.0);
        assertThat(found.digits()).isEmpty();
        assertThat(report.bytesBefore())
                .isEqualTo(Files.size(folder.resolve("hub").resolve("model.safetensors")));
    }

    private static QuantizationReport.Tensor tensor(QuantizationReport report, String name) {
        return report.tensors().stream()
                .filter(tensor -> tensor.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theReportReadsAsJsonAndAsTable() throws IOException {
        QuantizationReport report = quantize(HubLlama.PACKED, "tq1.gguf", QuantizationOptions.of(TensorType.TQ1_0))
                .with(new QuantizationReport.Perplexity(7.25, 7.5, "a \"protocol\""));
        JsonNode json = new ObjectMapper().readTree(report.json());
        assertThat(json.get("digits_compared").asLong()).isEqualTo(DIGITS_OF_THE_TINY_MODEL);
        assertThat(json.get("digits_changed").asLong()).isZero();
        assertThat(json.get("largest_scale_error").asDouble()).isEqualTo(report.largestScaleError());
        long weights = 0;
        double zeros = 0;
        double errors = 0;
        double largest = 0;
        for (JsonNode tensor : json.get("tensors")) {
            long count = 1;
            for (JsonNode size : tensor.get("shape")) {
                count *= size.asLong();
            }
            weights += count;
            zeros += count * tensor.get("zeros").asDouble();
            errors += count * tensor.get("mean_error").asDouble();
            largest = Math.max(largest, tensor.get("max_error").asDouble());
            assertThat(tensor.get("ratio").asDouble())
                    .isEqualTo(tensor.get("bytes_before").asDouble()
                            / tensor.get("bytes_after").asDouble());
        }
        assertThat(json.get("weights").asLong()).isEqualTo(weights);
        assertThat(json.get("zeros").asDouble()).isCloseTo(zeros / weights, within(1e-12));
        assertThat(json.get("mean_error").asDouble()).isCloseTo(errors / weights, within(1e-12));
        assertThat(json.get("max_error").asDouble()).isEqualTo(largest).isPositive();
        assertThat(json.get("perplexity").get("after").asDouble()).isEqualTo(7.5);
        assertThat(json.get("perplexity").get("protocol").asText()).isEqualTo("a \"protocol\"");
        assertThat(json.get("tensors")).hasSize(report.tensors().size());
        JsonNode query = json.get("tensors").get(3);
        assertThat(query.get("name").asText()).isEqualTo("blk.0.attn_q.weight");
        assertThat(query.get("shape").toString()).isEqualTo("[256,256]");
        assertThat(query.get("zeros").asDouble()).isBetween(0.2, 0.6);
        assertThat(query.get("digits").get("stored_scale").asDouble()).isPositive();
        assertThat(report.table())
                .contains("blk.3.ffn_down.weight")
                .contains("0 changed")
                .contains("perplexity 7.2500 before, 7.5000 after")
                .contains("usual type of this tensor");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "LlamaForCausalLM",
                "Qwen2ForCausalLM",
                "Qwen3ForCausalLM",
                "LlamaForCausalLM \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 4.0,"
                        + " \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0,"
                        + " \"original_max_position_embeddings\": 64},",
                "LlamaForCausalLM \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.0},",
                "Qwen2ForCausalLM \"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4.0,"
                        + " \"attention_factor\": 1.25, \"original_max_position_embeddings\": 128},"
            })
    void aConvertedHubModelComputesWhatTheDirectoryDoes(String model) throws IOException, InterruptedException {
        String[] parts = model.split(" ", 2);
        Path hub = HubLlama.of(parts[0]).with(parts.length > 1 ? parts[1] : "").write(folder.resolve("hub"));
        quantize(hub, "f32.gguf", QuantizationOptions.of(TensorType.F32));
        List<float[]> expected = logits(hub);
        List<float[]> found = logits(folder.resolve("f32.gguf"));
        assertThat(found).hasSameSizeAs(expected).hasSize(40);
        double spread = 0;
        for (int position = 0; position < expected.size(); position++) {
            for (int token = 0; token < HubLlama.VOCABULARY; token++) {
                assertThat(found.get(position)[token])
                        .as("position %d, token %d", position, token)
                        .isCloseTo(expected.get(position)[token], within(2e-4f));
                spread = Math.max(spread, Math.abs(expected.get(position)[token]));
            }
        }
        assertThat(spread).as("the logits say something").isGreaterThan(1);
    }

    private static List<float[]> logits(Path path) throws InterruptedException {
        int[] prompt = new int[40];
        Arrays.setAll(prompt, i -> 7 + 31 * i);
        List<float[]> logits = new ArrayList<>();
        try (Engine engine =
                Ryzanstein.open(EngineOptions.defaults().withModel(path).withThreads(2))) {
            engine.submit(
                            GenerationRequest.greedy(prompt, 0)
                                    .withLogits(0, (position, values) -> logits.add(values.clone())),
                            GenerationListener.NONE)
                    .await();
        }
        return logits;
    }

    @ParameterizedTest
    @CsvSource({"Q4_0, Q6_K->Q8_0", "Q4_K, Q6_K->Q8_0", "Q6_K, Q6_K->Q8_0", "F16, F16", "Q8_0, Q8_0"})
    void choosesTypesThatFitAndSaysSo(TensorType type, String head) throws IOException {
        Path hub = HubLlama.of("Qwen3ForCausalLM").write(folder.resolve("hub"));
        QuantizationReport report = quantize(hub, "small.gguf", QuantizationOptions.of(type));
        QuantizationReport.Tensor output = tensor(report, "output.weight");
        if (head.contains("->")) {
            assertThat(output.type()).isEqualTo("Q8_0");
            assertThat(output.reason()).contains("rows of 64 fill no blocks of Q6_K");
        } else {
            assertThat(output.type()).isEqualTo(head);
            assertThat(output.reason()).isEmpty();
        }
        assertThat(tensor(report, "blk.0.attn_norm.weight").type()).isEqualTo("F32");
        assertThat(tensor(report, "blk.0.attn_norm.weight").maxError()).isZero();
        QuantizationReport.Tensor query = tensor(report, "blk.0.attn_q.weight");
        switch (type) {
            case Q4_K -> assertThat(query.type()).isEqualTo("Q5_0");
            case Q6_K -> assertThat(query.type()).isEqualTo("Q8_0");
            default -> assertThat(query.type()).isEqualTo(type.name());
        }
        if (!query.type().equals(type.name())) {
            assertThat(query.reason()).contains("rows of 64 fill no blocks of " + type);
            assertThat(report.table()).contains("rows of 64 fill no blocks of " + type);
        }
    }

    @Test
    void forcedTernaryIsSaidToBeForced() throws IOException {
        Path hub = HubLlama.of("LlamaForCausalLM").write(folder.resolve("hub"));
        QuantizationOptions options = QuantizationOptions.of(TensorType.I2_S);
        assertThatThrownBy(() -> quantize(hub, "made.gguf", options))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("model.layers.0.self_attn.q_proj.weight")
                .hasMessageContaining("not trained as ternary")
                .hasMessageContaining("--force");
        assertThat(folder.resolve("made.gguf")).doesNotExist();
        QuantizationReport report = quantize(hub, "made.gguf", options.forced());
        QuantizationReport.Tensor up = tensor(report, "blk.0.ffn_up.weight");
        assertThat(up.digits().orElseThrow().made()).isTrue();
        assertThat(up.meanError()).isGreaterThan(0.2 * up.meanMagnitude());
        assertThat(up.digits().orElseThrow().scale()).isCloseTo((float) up.meanMagnitude(), within(1e-6f));
        assertThat(report.table()).contains("made ternary by force");
        assertThat(logitsCount(folder.resolve("made.gguf"))).isEqualTo(40);

        // Its matrices are ternary now: no force is needed to keep them, but to leave them.
        QuantizationReport again = Quantizer.quantize(
                folder.resolve("made.gguf"),
                folder.resolve("f32.gguf"),
                QuantizationOptions.of(TensorType.F32),
                ProgressListener.NONE);
        assertThat(again.digitsChanged()).isZero();
        QuantizationReport back = Quantizer.quantize(
                folder.resolve("f32.gguf"), folder.resolve("back.gguf"), options, ProgressListener.NONE);
        assertThat(back.largestScaleError()).isZero();
        assertThat(tensor(back, "blk.0.ffn_up.weight").digits().orElseThrow().made())
                .isFalse();
        QuantizationOptions blocks = QuantizationOptions.of(TensorType.Q8_0);
        assertThatThrownBy(() -> Quantizer.quantize(
                        folder.resolve("made.gguf"), folder.resolve("q8.gguf"), blocks, ProgressListener.NONE))
                .hasMessageContaining("ternary weights for type Q8_0");
        QuantizationReport left = Quantizer.quantize(
                folder.resolve("made.gguf"), folder.resolve("q8.gguf"), blocks.forced(), ProgressListener.NONE);
        assertThat(tensor(left, "blk.0.ffn_up.weight").digits()).isEmpty();
    }

    private static int logitsCount(Path path) {
        try {
            return logits(path).size();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void refusesWhatWouldLoseTheModel() throws IOException {
        assertThatThrownBy(() -> quantize(
                        HubLlama.PACKED,
                        "q.gguf",
                        QuantizationOptions.of(TensorType.Q4_0).forced()))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("ternary weights for type Q4_0");
        Path hub = HubLlama.of("LlamaForCausalLM").write(folder.resolve("hub"));
        assertThatThrownBy(() -> quantize(
                        hub, "tq.gguf", QuantizationOptions.of(TensorType.TQ2_0).forced()))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("fills no blocks of TQ2_0");
        Path copy = Files.copy(TQ2, folder.resolve("copy.gguf"));
        assertThatThrownBy(() ->
                        Quantizer.quantize(copy, copy, QuantizationOptions.of(TensorType.I2_S), ProgressListener.NONE))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("the source itself");
        assertThatThrownBy(() -> Quantizer.quantize(
                        copy, folder, QuantizationOptions.of(TensorType.I2_S), ProgressListener.NONE))
                .hasMessageContaining("a directory");
        assertThatThrownBy(() -> quantize(copy, "nowhere/x.gguf", QuantizationOptions.of(TensorType.I2_S)))
                .isInstanceOf(NoSuchFileException.class);
        assertThat(Files.readAllBytes(copy)).isEqualTo(Files.readAllBytes(TQ2));
        try (var left = Files.list(folder)) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactlyInAnyOrder("hub", "copy.gguf");
        }
    }

    @Test
    void refusesWeightsThatTheTypeCannotHold() throws IOException {
        HubLlama model = HubLlama.of("Qwen3ForCausalLM");
        model.tensor("model.layers.0.mlp.up_proj.weight")[70] = 1e6f;
        Path hub = model.write(folder.resolve("hub"));
        assertThatThrownBy(() -> quantize(hub, "f16.gguf", QuantizationOptions.of(TensorType.F16)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("model.layers.0.mlp.up_proj.weight row 1")
                .hasMessageContaining("1000000.0");
        model.tensor("model.layers.0.mlp.up_proj.weight")[70] = Float.NaN;
        Path broken = model.write(folder.resolve("broken"));
        assertThatThrownBy(() -> quantize(broken, "q8.gguf", QuantizationOptions.of(TensorType.Q8_0)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("model.layers.0.mlp.up_proj.weight row 1")
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> quantize(
                        broken,
                        "i2s.gguf",
                        QuantizationOptions.of(TensorType.I2_S).forced()))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("not finite");
        assertThatThrownBy(() -> new QuantizationOptions(TensorType.Q2_K, Optional.empty(), false))
                .hasMessageContaining("Q2_K");
        assertThatThrownBy(() -> QuantizationOptions.of(TensorType.Q8_0).withHead(TensorType.Q4_0))
                .hasMessageContaining("head");
        assertThat(QuantizationOptions.parse("--type", "q4_k", QuantizationOptions.TYPES))
                .isEqualTo(TensorType.Q4_K);
        assertThatThrownBy(() -> QuantizationOptions.parse("--type", "best", QuantizationOptions.TYPES))
                .hasMessageContaining("--type: found \"best\"");
    }

    @Test
    void tellsOfProgressInEachStage() throws IOException {
        Map<String, Long> last = new LinkedHashMap<>();
        Quantizer.quantize(
                TQ2, folder.resolve("x.gguf"), QuantizationOptions.of(TensorType.I2_S), (stage, done, total) -> {
                    assertThat(done).isBetween(last.getOrDefault(stage, 0L), total);
                    last.put(stage, done);
                });
        assertThat(last.keySet()).containsExactly("reading", "writing", "comparing");
    }
}
