package org.ryzanstein.benchmarks.peer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.SafeTensorSupport;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Writes a directory as published on the hub, with the shape of Llama 3.2 1B and random BF16 weights, for engines that read no
 * GGUF. {@code ryzanstein quantize} makes a GGUF file of the same weights, and Jlama's own quantiser its Q4 and I8 form.
 */
public final class SyntheticHub {
    private static final int HIDDEN = 2048;
    private static final int FEED_FORWARD = 8192;
    private static final int LAYERS = 16;
    private static final int HEADS = 32;
    private static final int KV_HEADS = 8;
    private static final int HEAD_DIM = 64;
    private static final int PLAIN_TOKENS = 128_000;
    private static final int VOCABULARY = 128_256;
    private static final String BEGIN = "<|begin_of_text|>";
    private static final String END = "<|end_of_text|>";

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private SyntheticHub() {}

    /** Writes it to the folder that the first argument names; each further one, Q4 or I8, adds what Jlama makes of it beside it. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length == 0) {
            throw new IllegalArgumentException("expected the folder to write, and types for Jlama, such as Q4");
        }
        Path folder = Files.createDirectories(Path.of(arguments[0]));
        MAPPER.writeValue(folder.resolve("config.json").toFile(), config());
        MAPPER.writeValue(folder.resolve("tokenizer.json").toFile(), tokenizer());
        MAPPER.writeValue(
                folder.resolve("tokenizer_config.json").toFile(),
                MAPPER.createObjectNode()
                        .put("tokenizer_class", "PreTrainedTokenizerFast")
                        .put("bos_token", BEGIN)
                        .put("eos_token", END)
                        .put("add_bos_token", true));
        // Jlama's quantiser wants it.
        Files.writeString(folder.resolve("README.md"), "Random weights.\n");
        weights(folder.resolve("model.safetensors"));
        for (int i = 1; i < arguments.length; i++) {
            DType type = DType.valueOf(arguments[i]);
            Path target = folder.resolveSibling(folder.getFileName() + "-" + type);
            SafeTensorSupport.quantizeModel(folder, type, null, null, Optional.of(target));
        }
    }

    private static ObjectNode config() {
        ObjectNode config = MAPPER.createObjectNode()
                .put("model_type", "llama")
                .put("hidden_size", HIDDEN)
                .put("intermediate_size", FEED_FORWARD)
                .put("num_hidden_layers", LAYERS)
                .put("num_attention_heads", HEADS)
                .put("num_key_value_heads", KV_HEADS)
                .put("head_dim", HEAD_DIM)
                .put("vocab_size", VOCABULARY)
                .put("max_position_embeddings", 4096)
                .put("rms_norm_eps", 1e-5)
                .put("rope_theta", 500_000.0)
                .put("hidden_act", "silu")
                .put("torch_dtype", "bfloat16")
                .put("tie_word_embeddings", true)
                .put("bos_token_id", PLAIN_TOKENS)
                .put("eos_token_id", PLAIN_TOKENS + 1);
        config.putArray("architectures").add("LlamaForCausalLM");
        return config;
    }

    /** Bytes, filler that no merge leads to, and special tokens. */
    private static ObjectNode tokenizer() {
        ObjectNode tokenizer = MAPPER.createObjectNode().put("version", "1.0");
        ArrayNode added = tokenizer.putArray("added_tokens");
        for (int id = PLAIN_TOKENS; id < VOCABULARY; id++) {
            added.addObject()
                    .put("id", id)
                    .put("content", special(id - PLAIN_TOKENS))
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        }
        tokenizer.putNull("normalizer");
        tokenizer
                .putObject("pre_tokenizer")
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", true);
        tokenizer
                .putObject("decoder")
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", true);
        ObjectNode model = tokenizer
                .putObject("model")
                .put("type", "BPE")
                .put("fuse_unk", false)
                .put("byte_fallback", false)
                .put("ignore_merges", false);
        ObjectNode vocabulary = model.putObject("vocab");
        int next = 256;
        for (int value = 0; value < 256; value++) {
            boolean printable = (value >= 33 && value <= 126) || (value >= 161 && value <= 172) || value >= 174;
            // GPT-2's letters for bytes: those that can be printed stand for themselves.
            vocabulary.put(Character.toString(printable ? value : next++), value);
        }
        for (int id = 256; id < PLAIN_TOKENS; id++) {
            vocabulary.put("filler" + id, id);
        }
        model.putArray("merges");
        return tokenizer;
    }

    private static String special(int number) {
        return number == 0 ? BEGIN : number == 1 ? END : "<|reserved_" + number + "|>";
    }

    /** Rows and columns by name; a vector has one row. */
    private static Map<String, int[]> shapes() {
        Map<String, int[]> shapes = new LinkedHashMap<>();
        shapes.put("model.embed_tokens.weight", new int[] {VOCABULARY, HIDDEN});
        for (int layer = 0; layer < LAYERS; layer++) {
            String prefix = "model.layers." + layer + ".";
            shapes.put(prefix + "input_layernorm.weight", new int[] {1, HIDDEN});
            shapes.put(prefix + "self_attn.q_proj.weight", new int[] {HEADS * HEAD_DIM, HIDDEN});
            shapes.put(prefix + "self_attn.k_proj.weight", new int[] {KV_HEADS * HEAD_DIM, HIDDEN});
            shapes.put(prefix + "self_attn.v_proj.weight", new int[] {KV_HEADS * HEAD_DIM, HIDDEN});
            shapes.put(prefix + "self_attn.o_proj.weight", new int[] {HIDDEN, HEADS * HEAD_DIM});
            shapes.put(prefix + "post_attention_layernorm.weight", new int[] {1, HIDDEN});
            shapes.put(prefix + "mlp.gate_proj.weight", new int[] {FEED_FORWARD, HIDDEN});
            shapes.put(prefix + "mlp.up_proj.weight", new int[] {FEED_FORWARD, HIDDEN});
            shapes.put(prefix + "mlp.down_proj.weight", new int[] {HIDDEN, FEED_FORWARD});
        }
        shapes.put("model.norm.weight", new int[] {1, HIDDEN});
        return shapes;
    }

    private static void weights(Path file) throws IOException {
        Map<String, int[]> shapes = shapes();
        ObjectNode header = MAPPER.createObjectNode();
        long end = 0;
        for (Map.Entry<String, int[]> tensor : shapes.entrySet()) {
            int rows = tensor.getValue()[0];
            int columns = tensor.getValue()[1];
            ObjectNode entry = header.putObject(tensor.getKey()).put("dtype", "BF16");
            ArrayNode shape = entry.putArray("shape");
            if (rows > 1) {
                shape.add(rows);
            }
            shape.add(columns);
            entry.putArray("data_offsets").add(end).add(end + 2L * rows * columns);
            end += 2L * rows * columns;
        }
        byte[] text = MAPPER.writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
        try (OutputStream out = Files.newOutputStream(file)) {
            ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            out.write(length.putLong(text.length).array());
            out.write(text);
            SplittableRandom random = new SplittableRandom(1);
            for (int[] shape : shapes.values()) {
                write(out, random, shape[0], shape[1]);
            }
        }
    }

    /** Uniform numbers of the deviation 1 / sqrt(columns); 1 where it is a vector of gains. */
    private static void write(OutputStream out, SplittableRandom random, int rows, int columns) throws IOException {
        double most = Math.sqrt(3.0 / columns);
        ByteBuffer row = ByteBuffer.allocate(2 * columns).order(ByteOrder.LITTLE_ENDIAN);
        for (int r = 0; r < rows; r++) {
            row.clear();
            for (int i = 0; i < columns; i++) {
                float value = rows == 1 ? 1f : (float) random.nextDouble(-most, most);
                row.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
            }
            out.write(row.array());
        }
    }
}
