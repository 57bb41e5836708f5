package org.ryzanstein.loader.quantize;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * A tiny Llama or Qwen with random weights in the layout of the hub, with the vocabulary of bitnet-tiny: hidden 64, 4 query
 * and 2 KV heads of 16, FFN 96, 2 layers.
 */
final class HubLlama {
    static final Path PACKED = Path.of(
            System.getProperty("basedir", "."), "src/test/resources/org/ryzanstein/loader/format/bitnet-tiny-packed");
    static final int HIDDEN = 64;
    static final int VOCABULARY = 2048;
    static final int FFN = 96;
    static final int HEAD_DIM = 16;
    static final int HEADS = 4;
    static final int KV_HEADS = 2;
    static final int LAYERS = 2;

    private final Map<String, float[]> tensors = new LinkedHashMap<>();
    private final Map<String, int[]> shapes = new LinkedHashMap<>();
    private final Random random = new Random(5);
    private final String architecture;
    private String more = "";

    private HubLlama(String architecture) {
        this.architecture = architecture;
    }

    /** LlamaForCausalLM, Qwen2ForCausalLM or Qwen3ForCausalLM. */
    static HubLlama of(String architecture) {
        HubLlama model = new HubLlama(architecture);
        model.add("model.embed_tokens.weight", VOCABULARY, HIDDEN);
        model.add("lm_head.weight", VOCABULARY, HIDDEN);
        model.add("model.norm.weight", HIDDEN);
        for (int layer = 0; layer < LAYERS; layer++) {
            String prefix = "model.layers." + layer + ".";
            model.add(prefix + "input_layernorm.weight", HIDDEN);
            model.add(prefix + "post_attention_layernorm.weight", HIDDEN);
            model.add(prefix + "self_attn.q_proj.weight", HEADS * HEAD_DIM, HIDDEN);
            model.add(prefix + "self_attn.k_proj.weight", KV_HEADS * HEAD_DIM, HIDDEN);
            model.add(prefix + "self_attn.v_proj.weight", KV_HEADS * HEAD_DIM, HIDDEN);
            model.add(prefix + "self_attn.o_proj.weight", HIDDEN, HEADS * HEAD_DIM);
            model.add(prefix + "mlp.gate_proj.weight", FFN, HIDDEN);
            model.add(prefix + "mlp.up_proj.weight", FFN, HIDDEN);
            model.add(prefix + "mlp.down_proj.weight", HIDDEN, FFN);
            if (!architecture.startsWith("Qwen3")) {
                model.add(prefix + "self_attn.q_proj.bias", HEADS * HEAD_DIM);
                model.add(prefix + "self_attn.k_proj.bias", KV_HEADS * HEAD_DIM);
                model.add(prefix + "self_attn.v_proj.bias", KV_HEADS * HEAD_DIM);
            } else {
                model.add(prefix + "self_attn.q_norm.weight", HEAD_DIM);
                model.add(prefix + "self_attn.k_norm.weight", HEAD_DIM);
            }
        }
        return model;
    }

    private void add(String name, int... shape) {
        int count = 1;
        for (int size : shape) {
            count *= size;
        }
        float[] values = new float[count];
        boolean norm = name.endsWith("norm.weight");
        for (int i = 0; i < count; i++) {
            values[i] = norm ? 1 + 0.1f * (float) random.nextGaussian() : 0.15f * (float) random.nextGaussian();
        }
        tensors.put(name, values);
        shapes.put(name, shape);
    }

    /** With further members of config.json, each with a comma behind it. */
    HubLlama with(String members) {
        more += members;
        return this;
    }

    float[] tensor(String name) {
        float[] values = tensors.get(name);
        if (values == null) {
            throw new IllegalArgumentException(name);
        }
        return values;
    }

    Path write(Path directory) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("config.json"), """
                {"architectures": ["%s"], %s "hidden_size": %d, "intermediate_size": %d, "num_hidden_layers": %d,
                 "num_attention_heads": %d, "num_key_value_heads": %d, "head_dim": %d, "vocab_size": %d,
                 "max_position_embeddings": 512, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
                 "tie_word_embeddings": false, "bos_token_id": 2040, "eos_token_id": 2041}
                """.formatted(
                        architecture, more, HIDDEN, FFN, LAYERS, HEADS, KV_HEADS, HEAD_DIM, VOCABULARY));
        for (String name : new String[] {"tokenizer.json", "tokenizer_config.json", "generation_config.json"}) {
            Files.copy(PACKED.resolve(name), directory.resolve(name));
        }
        Files.write(directory.resolve("model.safetensors"), safetensors());
        return directory;
    }

    private byte[] safetensors() {
        StringBuilder header = new StringBuilder("{");
        int offset = 0;
        for (Map.Entry<String, float[]> tensor : tensors.entrySet()) {
            int end = offset + 4 * tensor.getValue().length;
            header.append(offset == 0 ? "" : ",")
                    .append("\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                            .formatted(
                                    tensor.getKey(),
                                    java.util.Arrays.toString(shapes.get(tensor.getKey())),
                                    offset,
                                    end));
            offset = end;
        }
        header.append('}');
        header.append(" ".repeat((8 - header.length() % 8) % 8));
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + offset).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json);
        for (float[] values : tensors.values()) {
            for (float value : values) {
                bytes.putFloat(value);
            }
        }
        return bytes.array();
    }
}
