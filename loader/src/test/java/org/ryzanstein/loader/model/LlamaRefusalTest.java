package org.ryzanstein.loader.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.format.TensorType;

/** What the Llama family cannot run is refused by name, before a token is made. */
class LlamaRefusalTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private static void assertRefused(Path path, String... parts) {
        assertThatThrownBy(() -> {
                    try (ModelRunner runner = new ModelRunner(path, 4)) {
                        runner.feed(1);
                    }
                })
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining(path.getFileName().toString())
                .hasMessageContainingAll(parts);
    }

    @ParameterizedTest
    @CsvSource({
        "qwen2, self_attn.q_proj.bias, attn_q.bias",
        "qwen2, self_attn.v_proj.bias, attn_v.bias",
        "qwen3, self_attn.k_norm.weight, attn_k_norm.weight",
        "llama, mlp.up_proj.weight, ffn_up.weight"
    })
    void aMissingTensor(String architecture, String hubName, String ggufName) throws IOException {
        SyntheticLlama model = SyntheticLlama.of(architecture).build();
        model.missing.add("model.layers.1." + hubName);
        assertRefused(model.writeHub(folder.resolve("hub")), "model.layers.1." + hubName + ": found no such tensor");
        assertRefused(model.writeGguf(folder.resolve("model.gguf")), "blk.1." + ggufName + ": found no such tensor");
    }

    @ParameterizedTest
    @ValueSource(strings = {"blk.0.attn_output.bias", "blk.1.attn_q_norm.weight", "blk.0.ffn_gate_inp.weight", "sinks"})
    void aTensorThatNothingUses(String name) throws IOException {
        SyntheticLlama model = SyntheticLlama.of("llama").build();
        Path path = model.writeGguf(
                folder.resolve("model.gguf"),
                TensorType.TQ2_0,
                writer -> writer.tensor(name, TensorType.F32, List.of(32L), sink -> sink.write(new byte[128], 0, 128)));
        assertRefused(path, name + ": found a tensor", "no use for it");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "sliding_window | 4096 | sliding_window: found 4096 | windows are not supported",
                "use_sliding_window | true | use_sliding_window: found true | windows are not supported",
                "layer_types | ['full_attention', 'sliding_attention'] | layer_types: found sliding_attention | full_attention",
                "num_local_experts | 8 | num_local_experts: found 8 | not supported",
                "hidden_act | 'gelu' | hidden_act: found gelu | expected silu",
                "partial_rotary_factor | 0.5 | partial_rotary_factor: found 0.5 | expected 1",
                "rope_parameters | {'rope_type': 'default', 'partial_rotary_factor': 0.5} | rope_parameters.partial_rotary_factor | 1",
                "rope_scaling | {'rope_type': 'dynamic', 'factor': 2.0} | rope scaling: found dynamic | linear, llama3 or yarn",
                "rope_scaling | {'type': 'su', 'long_factor': [1.0]} | long_factor | no such field",
                "rope_scaling | {'factor': 2.0} | rope scaling: found of no kind | linear, llama3 or yarn",
                "architectures | ['MixtralForCausalLM'] | architecture: found MixtralForCausalLM | LlamaForCausalLM",
                "architectures | ['Qwen3MoeForCausalLM'] | architecture: found Qwen3MoeForCausalLM | Qwen3ForCausalLM",
                "quantization_config | {'quant_method': 'gptq', 'bits': 4} | quantization_config.quant_method: found gptq | bitnet",
                "quantization_config | {'quant_method': 'bitnet', 'use_rms_norm': true} | use_rms_norm: found true | false",
                "attn_logit_softcapping | 30.0 | attn_logit_softcapping: found 30.0 | not supported"
            })
    void aFieldOfAConfiguration(String field, String value, String found, String expected) throws IOException {
        Object parsed = JSON.readValue(value.replace('\'', '"'), Object.class);
        SyntheticLlama model = SyntheticLlama.of("llama").build();
        Path path = model.writeHub(folder.resolve("hub"), 1, config -> config.put(field, parsed));
        assertRefused(path, found, expected);
    }

    private void refusesGguf(String architecture, Consumer<GgufWriter> more, String... parts) throws IOException {
        SyntheticLlama model = SyntheticLlama.of(architecture).build();
        assertRefused(model.writeGguf(folder.resolve("model.gguf"), TensorType.TQ2_0, more), parts);
    }

    @Test
    void aKeyOfAGguf() throws IOException {
        refusesGguf(
                "llama",
                writer -> writer.uint32("llama.expert_count", 8),
                "llama.expert_count: found 8",
                "not supported");
        refusesGguf(
                "llama",
                writer -> writer.uint32("llama.attention.sliding_window", 512),
                "llama.attention.sliding_window: found 512");
        refusesGguf(
                "llama",
                writer -> writer.text("llama.rope.scaling.type", "longrope"),
                "rope scaling: found longrope",
                "linear, llama3 or yarn");
        refusesGguf(
                "qwen2",
                writer -> writer.text("qwen2.rope.scaling.type", "yarn")
                        .float32("qwen2.rope.scaling.factor", 2)
                        .float32("qwen2.rope.scaling.yarn_log_multiplier", 0.1f),
                "rope.scaling.yarn_log_multiplier",
                "no such field");
    }

    @Test
    void anArchitectureOfExperts() throws IOException {
        refusesGguf("qwen3moe", writer -> {}, "architecture: found qwen3moe", "qwen3 (Qwen3ForCausalLM)");
    }

    /** Weights packed five digits to a byte have fewer rows than four digits to a byte. */
    @Test
    void weightsPackedByAnotherScheme() throws IOException {
        SyntheticLlama model = SyntheticLlama.of("llama")
                .widths(40, 60)
                .heads(4, 2, 10)
                .ternary(1)
                .build();
        Path path = model.writeHub(folder.resolve("hub"), 1, config -> config.put("intermediate_size", 75));
        assertRefused(path, "model.layers.0.mlp.gate_proj.weight: found shape [15, 40], expected [19, 40]");
    }

    @Test
    void packedWeightsWithoutAQuantizationConfig() throws IOException {
        SyntheticLlama model = SyntheticLlama.of("llama").ternary(1).build();
        Path path = model.writeHub(folder.resolve("hub"), 1, config -> config.remove("quantization_config"));
        assertRefused(path, "self_attn.k_proj.weight");
    }

    @Test
    void packedWeightsThatSayTheyAreNot() throws IOException {
        SyntheticLlama model = SyntheticLlama.of("llama").ternary(1).build();
        Map<String, Object> online = new HashMap<>(Map.of("quant_method", "bitnet", "quantization_mode", "online"));
        Path path = model.writeHub(folder.resolve("hub"), 1, config -> config.put("quantization_config", online));
        assertRefused(path, "packed weights with quantization_mode online");
    }
}
