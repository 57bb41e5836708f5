package org.ryzanstein.loader.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.loader.progress.ProgressListener;

class HyperparametersTest {
    private static final Hyperparameters EXPECTED =
            new Hyperparameters(64, 172, 2, 8, 4, 8, 512, 100, 1e-5f, 10_000f, 8, true, Map.of(), Optional.of("relu2"));

    @TempDir
    Path folder;

    /** GGUF metadata of a small model: integers, unless the value has a point or is no number. */
    private static Map<String, String> fields() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("embedding_length", "64");
        fields.put("feed_forward_length", "172");
        fields.put("block_count", "2");
        fields.put("attention.head_count", "8");
        fields.put("attention.head_count_kv", "4");
        fields.put("context_length", "512");
        fields.put("vocab_size", "100");
        fields.put("attention.layer_norm_rms_epsilon", "1e-5");
        fields.put("rope.freq_base", "10000.0");
        fields.put("rope.dimension_count", "8");
        return fields;
    }

    private ModelFile gguf(String architecture, Map<String, String> fields, int tokens, int rows) throws IOException {
        GgufWriter writer = new GgufWriter().text("general.architecture", architecture);
        fields.forEach((key, value) -> {
            String name = architecture + "." + key;
            if (value.matches("-?\\d+")) {
                writer.uint32(name, Integer.parseInt(value));
            } else if (value.matches("[-0-9.eE]+|NaN|Infinity")) {
                writer.float32(name, Float.parseFloat(value));
            } else {
                writer.text(name, value);
            }
        });
        if (tokens > 0) {
            writer.texts("tokenizer.ggml.tokens", java.util.Collections.nCopies(tokens, "x"));
        }
        if (rows > 0) {
            writer.tensor(
                    "token_embd.weight",
                    TensorType.F16,
                    List.of((long) rows, 64L),
                    sink -> sink.write(new byte[rows * 128], 0, rows * 128));
        }
        Path path = folder.resolve("model.gguf");
        writer.write(path, ProgressListener.NONE);
        return ModelFile.open(path);
    }

    private void refusesGguf(String key, String value, String... parts) throws IOException {
        Map<String, String> fields = fields();
        if (value.isEmpty()) {
            fields.remove(key);
        } else {
            fields.put(key, value);
        }
        try (ModelFile model = gguf("bitnet-25", fields, 0, 0)) {
            assertThatThrownBy(model::hyperparameters)
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessageContaining("model.gguf")
                    .hasMessageContainingAll(parts);
        }
    }

    private static final String CONFIG = """
            {"architectures": ["BitNetForCausalLM"], "model_type": "bitnet", "hidden_act": "relu2",
             "hidden_size": 64, "intermediate_size": 172, "num_hidden_layers": 2, "num_attention_heads": 8,
             "num_key_value_heads": 4, "max_position_embeddings": 512, "vocab_size": 100, "rms_norm_eps": 1e-05,
             "rope_theta": 10000.0, "tie_word_embeddings": true, "rope_scaling": null}
            """;

    private ModelFile hub(String config) throws IOException {
        Files.writeString(folder.resolve("config.json"), config);
        return ModelFile.open(folder);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bitnet-b1.58", "bitnet-25"})
    void readsTheFieldsOfAGguf(String architecture) throws IOException {
        try (ModelFile model = gguf(architecture, fields(), 90, 100)) {
            assertThat(model.architecture()).isEqualTo(ModelFile.BITNET_B158);
            assertThat(model.hyperparameters()).isEqualTo(EXPECTED);
            assertThat(model.source()).endsWith("model.gguf");
        }
    }

    @Test
    void readsTheFieldsOfAConfiguration() throws IOException {
        try (ModelFile model = hub(CONFIG)) {
            assertThat(model.architecture()).isEqualTo(ModelFile.BITNET_B158);
            assertThat(model.hyperparameters()).isEqualTo(EXPECTED);
        }
    }

    @Test
    void reportsOtherArchitecturesAsTheyAre() throws IOException {
        try (ModelFile model = gguf("llama", fields(), 0, 0)) {
            assertThat(model.architecture()).isEqualTo("llama");
            assertThat(model.hyperparameters().activation()).isEmpty();
        }
        try (ModelFile model = hub(CONFIG.replace("BitNetForCausalLM", "GPT2LMHeadModel"))) {
            assertThat(model.architecture()).isEqualTo("GPT2LMHeadModel");
        }
    }

    @Test
    void takesTheVocabularyFromWhatIsThere() throws IOException {
        Map<String, String> fields = fields();
        fields.remove("vocab_size");
        try (ModelFile model = gguf("bitnet-b1.58", fields, 90, 0)) {
            assertThat(model.hyperparameters().vocabularySize()).isEqualTo(90);
        }
        try (ModelFile model = gguf("bitnet-b1.58", fields, 90, 100)) {
            assertThat(model.hyperparameters().vocabularySize()).isEqualTo(100);
        }
        try (ModelFile model = gguf("bitnet-b1.58", fields, 101, 100)) {
            assertThatThrownBy(model::hyperparameters).hasMessageContainingAll("tokenizer.ggml.tokens", "101 tokens");
        }
        try (ModelFile model = gguf("bitnet-b1.58", fields(), 90, 99)) {
            assertThatThrownBy(model::hyperparameters).hasMessageContainingAll("vocab_size: found 100", "99");
        }
        try (ModelFile model = gguf("bitnet-b1.58", fields, 0, 0)) {
            assertThatThrownBy(model::hyperparameters).hasMessageContaining("vocab_size: found nothing");
        }
    }

    @Test
    void givesEveryQueryHeadItsOwnKeysWithoutTheField() throws IOException {
        Map<String, String> fields = fields();
        fields.remove("attention.head_count_kv");
        try (ModelFile model = gguf("bitnet-b1.58", fields, 0, 0)) {
            assertThat(model.hyperparameters().kvHeads()).isEqualTo(8);
        }
    }

    @Test
    void takesHeadsOfAnotherWidth() throws IOException {
        Map<String, String> fields = fields();
        fields.put("attention.key_length", "100");
        fields.put("attention.value_length", "100");
        fields.put("rope.dimension_count", "50");
        try (ModelFile model = gguf("bitnet-b1.58", fields, 0, 0)) {
            assertThat(model.hyperparameters().headDim()).isEqualTo(100);
            assertThat(model.hyperparameters().ropeDimension()).isEqualTo(50);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "embedding_length||nothing",
                "embedding_length|0|0",
                "embedding_length|-1|4294967295",
                "embedding_length|1048577|1048577",
                "embedding_length|60|8",
                "embedding_length|7.5|found float32",
                "feed_forward_length||nothing",
                "feed_forward_length|2000000|2000000",
                "block_count||nothing",
                "block_count|100000|100000",
                "attention.head_count||nothing",
                "attention.head_count|0|0",
                "attention.head_count_kv|3|a divisor of the 8 heads",
                "attention.head_count_kv|16|a divisor of the 8 heads",
                "context_length||nothing",
                "context_length|2000000000|2000000000",
                "attention.layer_norm_rms_epsilon||nothing",
                "attention.layer_norm_rms_epsilon|0.0|0.0",
                "attention.layer_norm_rms_epsilon|-1.0|-1.0",
                "attention.layer_norm_rms_epsilon|NaN|NaN",
                "attention.layer_norm_rms_epsilon|5|found uint32",
                "rope.freq_base||nothing",
                "rope.freq_base|Infinity|Infinity",
                "rope.dimension_count|7|an even number",
                "rope.dimension_count|10|1 to 8",
                "attention.value_length|16|the same as",
                "expert_count|8|not supported",
                "attention.sliding_window|128|not supported",
                "logit_scale|2.0|not supported",
                "final_logit_softcapping|30.0|not supported",
                "attention.scale|words|not supported",
            })
    void refusesFieldsOfAGgufByName(String key, String value, String part) throws IOException {
        String blamed = key.equals("embedding_length") && "60".equals(value) ? "attention.head_count" : key;
        refusesGguf(key, value == null ? "" : value, "bitnet-25." + blamed, part);
    }

    @Test
    void acceptsFieldsThatAskForNothing() throws IOException {
        Map<String, String> fields = fields();
        fields.put("expert_count", "0");
        fields.put("logit_scale", "1.0");
        fields.put("rope.scaling.type", "none");
        try (ModelFile model = gguf("bitnet-25", fields, 0, 0)) {
            assertThat(model.hyperparameters()).isEqualTo(EXPECTED);
        }
    }

    @Test
    void reportsRopeScalingAsStored() throws IOException {
        Map<String, String> fields = fields();
        fields.put("rope.scaling.type", "linear");
        fields.put("rope.scaling.factor", "4.0");
        try (ModelFile model = gguf("bitnet-25", fields, 0, 0)) {
            assertThat(model.hyperparameters().ropeScaling())
                    .isEqualTo(Map.of("rope.scaling.type", "linear", "rope.scaling.factor", "4.0"));
        }
        try (ModelFile model = hub(CONFIG.replace(
                "\"rope_scaling\": null", "\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8.0}"))) {
            assertThat(model.hyperparameters().ropeScaling()).isEqualTo(Map.of("rope_type", "llama3", "factor", "8.0"));
        }
        try (ModelFile model =
                hub(CONFIG.replace("\"rope_scaling\": null", "\"rope_scaling\": {\"type\": \"default\"}"))) {
            assertThat(model.hyperparameters().ropeScaling()).isEmpty();
        }
        try (ModelFile model = hub(CONFIG.replace("\"rope_scaling\": null", "\"rope_scaling\": {\"factor\": 2}"))) {
            assertThat(model.hyperparameters().ropeScaling()).isEqualTo(Map.of("factor", "2"));
        }
    }

    @Test
    void readsTheNewerRopeParameters() throws IOException {
        String config = CONFIG.replace(
                "\"rope_theta\": 10000.0",
                "\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 500000.0}");
        try (ModelFile model = hub(config)) {
            assertThat(model.hyperparameters().ropeBase()).isEqualTo(500_000f);
            assertThat(model.hyperparameters().ropeScaling()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"hidden_size\": 64|\"hidden_size\": 0|hidden_size: found 0",
                "\"hidden_size\": 64|\"hidden_size\": \"64\"|hidden_size: found \"64\"",
                "\"hidden_size\": 64,||hidden_size: found nothing",
                "\"intermediate_size\": 172|\"intermediate_size\": 1.5|intermediate_size: found 1.5",
                "\"num_key_value_heads\": 4,||num_key_value_heads: found nothing",
                "\"num_key_value_heads\": 4|\"num_key_value_heads\": 5|num_key_value_heads: found 5",
                "\"tie_word_embeddings\": true|\"tie_word_embeddings\": 1|tie_word_embeddings: found 1",
                "\"tie_word_embeddings\": true,||tie_word_embeddings: found nothing",
                "\"rope_theta\": 10000.0,||rope_theta: found nothing",
                "\"rope_theta\": 10000.0|\"rope_theta\": \"x\"|rope_theta: found \"x\"",
                "\"vocab_size\": 100|\"vocab_size\": 99999999|vocab_size: found 99999999",
                "\"vocab_size\": 100|\"vocab_size\": 100, \"sliding_window\": 7|sliding_window: found 7",
                "\"vocab_size\": 100|\"vocab_size\": 100, \"partial_rotary_factor\": 0.5|partial_rotary_factor: found 0.5",
                "\"hidden_act\": \"relu2\"|\"hidden_act\": 3|hidden_act: found 3",
            })
    void refusesFieldsOfAConfigurationByName(String old, String replacement, String message) throws IOException {
        try (ModelFile model = hub(CONFIG.replace(old, replacement == null ? "" : replacement))) {
            assertThatThrownBy(model::hyperparameters)
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessageContainingAll("config.json", message);
        }
    }

    @Test
    void refusesMatricesOfMoreThanAnArrayHolds() throws IOException {
        Map<String, String> fields = fields();
        fields.put("embedding_length", "65536");
        fields.put("feed_forward_length", "65536");
        fields.put("attention.head_count", "64");
        fields.put("attention.head_count_kv", "64");
        try (ModelFile model = gguf("bitnet-25", fields, 0, 0)) {
            assertThatThrownBy(model::hyperparameters)
                    .hasMessageContainingAll("bitnet-25.feed_forward_length", "65536 beside a width of 65536");
        }
    }
}
