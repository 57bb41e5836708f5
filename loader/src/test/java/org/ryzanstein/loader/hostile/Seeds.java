package org.ryzanstein.loader.hostile;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ryzanstein.loader.format.TensorType;

/** Small good files. All weights are zeros, or nearly; what matters is what stands before them. */
final class Seeds {
    static final String TEMPLATE =
            "{% for m in messages %}{{ '<|' ~ m['role'] ~ '|>' ~ m['content'] | trim }}{% endfor %}"
                    + "{% if add_generation_prompt %}<|assistant|>{% endif %}";

    private static final String TOKENIZER = "tokenizer.ggml.";
    private static final int ROWS = 320;

    private Seeds() {}

    /** A resource of this module's tests. */
    static byte[] resource(String path) {
        try (InputStream in = Seeds.class.getResourceAsStream("/org/ryzanstein/loader/" + path)) {
            if (in == null) {
                throw new IllegalStateException("test resource " + path + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(path, e);
        }
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** GPT-2's characters of the bytes. */
    static List<String> byteAlphabet() {
        List<String> alphabet = new ArrayList<>();
        int others = 256;
        for (int value = 0; value < 256; value++) {
            boolean shown = (value > 32 && value < 127) || (value > 160 && value != 173);
            alphabet.add(String.valueOf((char) (shown ? value : others++)));
        }
        return alphabet;
    }

    /** The keys of a byte-level vocabulary. */
    static void byteLevel(GgufDraft draft) {
        List<String> tokens = new ArrayList<>(byteAlphabet());
        List<String> merges = List.of("t h", "th e", "i n", "Ġ the");
        merges.forEach(merge -> tokens.add(merge.replace(" ", "")));
        tokens.addAll(List.of("<|end|>", "<|user|>", "<tool>"));
        int[] types = new int[tokens.size()];
        Arrays.fill(types, 1);
        types[types.length - 3] = 3;
        types[types.length - 2] = 3;
        types[types.length - 1] = 4;
        draft.text(TOKENIZER + "model", "gpt2")
                .text(TOKENIZER + "pre", "qwen2")
                .texts(TOKENIZER + "tokens", tokens)
                .numbers(TOKENIZER + "token_type", types)
                .texts(TOKENIZER + "merges", merges)
                .number(TOKENIZER + "bos_token_id", types.length - 2)
                .number(TOKENIZER + "eos_token_id", types.length - 3)
                .bool(TOKENIZER + "add_bos_token", true)
                .text("tokenizer.chat_template", TEMPLATE);
    }

    /** The keys of a SentencePiece vocabulary. */
    static void sentencePiece(GgufDraft draft) {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        List<Integer> types = new ArrayList<>(List.of(2, 3, 3));
        for (int value = 0; value < 256; value++) {
            tokens.add(String.format("<0x%02X>", value));
            types.add(6);
        }
        for (String piece : "▁ t h e a o n ▁t th he the ▁the an on ▁▁ ▁a".split(" ")) {
            tokens.add(piece);
            types.add(1);
        }
        tokens.add("<tool>");
        types.add(4);
        tokens.add("unused");
        types.add(5);
        float[] scores = new float[tokens.size()];
        for (int id = 0; id < scores.length; id++) {
            scores[id] = -id;
        }
        draft.text(TOKENIZER + "model", "llama")
                .texts(TOKENIZER + "tokens", tokens)
                .numbers(
                        TOKENIZER + "token_type",
                        types.stream().mapToInt(Integer::intValue).toArray())
                .reals(TOKENIZER + "scores", scores)
                .number(TOKENIZER + "bos_token_id", 1)
                .number(TOKENIZER + "eos_token_id", 2)
                .number(TOKENIZER + "unknown_token_id", 0)
                .bool(TOKENIZER + "add_space_prefix", true)
                .bool(TOKENIZER + "add_eos_token", false)
                .text("tokenizer.chat_template", TEMPLATE);
    }

    /** A ternary model in I2_S, TQ1_0 and TQ2_0. */
    static GgufDraft bitNet() {
        String prefix = "bitnet-b1.58.";
        GgufDraft draft = new GgufDraft()
                .text("general.architecture", "bitnet-b1.58")
                .text("general.name", "seed")
                .number("general.alignment", 32);
        shape(draft, prefix, 256, 256, 2, 1, 128);
        byteLevel(draft);
        tensor(draft, "token_embd.weight", TensorType.F16, ROWS, 256);
        tensor(draft, "output_norm.weight", TensorType.F32, 256);
        for (String norm : List.of("attn_norm", "attn_sub_norm", "ffn_norm", "ffn_sub_norm")) {
            tensor(draft, "blk.0." + norm + ".weight", TensorType.F32, 256);
        }
        tensor(draft, "blk.0.attn_q.weight", TensorType.I2_S, 256, 256);
        tensor(draft, "blk.0.attn_k.weight", TensorType.I2_S, 128, 256);
        tensor(draft, "blk.0.attn_v.weight", TensorType.TQ1_0, 128, 256);
        tensor(draft, "blk.0.attn_output.weight", TensorType.TQ2_0, 256, 256);
        tensor(draft, "blk.0.ffn_gate.weight", TensorType.TQ1_0, 256, 256);
        tensor(draft, "blk.0.ffn_up.weight", TensorType.TQ2_0, 256, 256);
        tensor(draft, "blk.0.ffn_down.weight", TensorType.I2_S, 256, 256);
        return draft;
    }

    /** A plain model, each matrix of another type. */
    static GgufDraft llama() {
        GgufDraft draft = new GgufDraft().text("general.architecture", "llama").text("general.name", "seed");
        shape(draft, "llama.", 64, 256, 2, 1, 32);
        draft.text("llama.rope.scaling.type", "yarn")
                .real("llama.rope.scaling.factor", 4)
                .number("llama.rope.scaling.original_context_length", 64);
        sentencePiece(draft);
        tensor(draft, "token_embd.weight", TensorType.Q8_0, ROWS, 64);
        tensor(draft, "output.weight", TensorType.Q4_0, ROWS, 64);
        tensor(draft, "output_norm.weight", TensorType.F32, 64);
        tensor(draft, "rope_freqs.weight", TensorType.F32, 16);
        layer(draft, 0, TensorType.Q4_0, TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1, TensorType.Q6_K);
        layer(draft, 1, TensorType.IQ4_NL, TensorType.MXFP4, TensorType.BF16, TensorType.F32, TensorType.Q4_K);
        return draft;
    }

    private static void layer(
            GgufDraft draft, int layer, TensorType q, TensorType k, TensorType v, TensorType o, TensorType down) {
        String name = "blk." + layer + ".";
        tensor(draft, name + "attn_norm.weight", TensorType.F32, 64);
        tensor(draft, name + "ffn_norm.weight", TensorType.F32, 64);
        tensor(draft, name + "attn_q.weight", q, 64, 64);
        tensor(draft, name + "attn_k.weight", k, 32, 64);
        tensor(draft, name + "attn_v.weight", v, 32, 64);
        tensor(draft, name + "attn_output.weight", o, 64, 64);
        tensor(draft, name + "ffn_gate.weight", q, 256, 64);
        tensor(draft, name + "ffn_up.weight", k, 256, 64);
        tensor(draft, name + "ffn_down.weight", down, 64, 256);
    }

    private static void shape(
            GgufDraft draft, String prefix, int hidden, int feedForward, int heads, int kvHeads, int headDim) {
        draft.number(prefix + "embedding_length", hidden)
                .number(prefix + "feed_forward_length", feedForward)
                .number(prefix + "block_count", prefix.startsWith("llama") ? 2 : 1)
                .number(prefix + "context_length", 64)
                .number(prefix + "vocab_size", ROWS)
                .number(prefix + "attention.head_count", heads)
                .number(prefix + "attention.head_count_kv", kvHeads)
                .number(prefix + "rope.dimension_count", headDim)
                .real(prefix + "attention.layer_norm_rms_epsilon", 1e-5f)
                .real(prefix + "rope.freq_base", 10_000);
    }

    /** Adds a tensor of zeros; sizes in rows and columns. */
    private static void tensor(GgufDraft draft, String name, TensorType type, int... shape) {
        int columns = shape[shape.length - 1];
        int rows = shape.length == 2 ? shape[0] : 1;
        byte[] content = new byte[(int) type.bytes(columns, rows).orElseThrow()];
        if (type == TensorType.I2_S) {
            Arrays.fill(content, 0, content.length - 32, (byte) 0b01010101);
            content[content.length - 32 + 3] = 0x3F;
        } else if (type == TensorType.F32) {
            for (int i = 3; i < content.length; i += 4) {
                content[i] = 0x3F;
            }
        }
        long[] sizes = shape.length == 2 ? new long[] {columns, rows} : new long[] {columns};
        draft.tensor(name, type.id(), content, sizes);
    }

    /** A hub directory with packed ternary weights. */
    static Mutant packedDirectory() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("config.json", utf8("""
                {"architectures": ["BitNetForCausalLM"], "model_type": "bitnet", "hidden_act": "relu2",
                 "hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 1, "num_attention_heads": 2,
                 "num_key_value_heads": 1, "max_position_embeddings": 64, "vocab_size": 320, "rms_norm_eps": 1e-05,
                 "rope_theta": 500000.0, "tie_word_embeddings": true, "bos_token_id": 256, "eos_token_id": [257],
                 "quantization_config": {"quant_method": "bitnet", "linear_class": "autobitlinear",
                  "quantization_mode": "offline"}}"""));
        files.put("chat_template.jinja", utf8(TEMPLATE));
        Safetensors weights = new Safetensors();
        weights.add("model.embed_tokens.weight", "BF16", 2, ROWS, 128);
        weights.add("model.norm.weight", "BF16", 2, 128);
        String layer = "model.layers.0.";
        weights.add(layer + "input_layernorm.weight", "BF16", 2, 128);
        weights.add(layer + "post_attention_layernorm.weight", "F32", 4, 128);
        weights.add(layer + "self_attn.attn_sub_norm.weight", "BF16", 2, 128);
        weights.add(layer + "mlp.ffn_sub_norm.weight", "F16", 2, 256);
        weights.packed(layer + "self_attn.q_proj.weight", 128, 128);
        weights.packed(layer + "self_attn.k_proj.weight", 64, 128);
        weights.packed(layer + "self_attn.v_proj.weight", 64, 128);
        weights.packed(layer + "self_attn.o_proj.weight", 128, 128);
        weights.packed(layer + "mlp.gate_proj.weight", 256, 128);
        weights.packed(layer + "mlp.up_proj.weight", 256, 128);
        weights.packed(layer + "mlp.down_proj.weight", 128, 256);
        files.put("model.safetensors", weights.bytes());
        return new Mutant("packed", files);
    }

    /** A hub directory of a plain model in two files with an index. */
    static Mutant shardedDirectory() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("config.json", utf8("""
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
                 "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 1, "num_attention_heads": 4,
                 "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 64, "vocab_size": 320,
                 "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "tie_word_embeddings": false, "eos_token_id": 2,
                 "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                  "high_freq_factor": 4.0, "original_max_position_embeddings": 32},
                 "sliding_window": null, "attention_bias": false, "torch_dtype": "bfloat16"}"""));
        files.put("generation_config.json", utf8("{\"eos_token_id\": [2, 3], \"bos_token_id\": 1}"));
        files.put(
                "tokenizer_config.json",
                utf8("{\"chat_template\": \"{{ messages[0]['content'] }}\", \"bos_token\": \"<s>\"}"));
        Safetensors first = new Safetensors();
        first.add("model.embed_tokens.weight", "BF16", 2, ROWS, 64);
        first.add("model.norm.weight", "BF16", 2, 64);
        first.add("lm_head.weight", "F16", 2, ROWS, 64);
        Safetensors second = new Safetensors();
        String layer = "model.layers.0.";
        second.add(layer + "input_layernorm.weight", "BF16", 2, 64);
        second.add(layer + "post_attention_layernorm.weight", "BF16", 2, 64);
        second.add(layer + "self_attn.q_proj.weight", "BF16", 2, 64, 64);
        second.add(layer + "self_attn.k_proj.weight", "F32", 4, 32, 64);
        second.add(layer + "self_attn.v_proj.weight", "BF16", 2, 32, 64);
        second.add(layer + "self_attn.o_proj.weight", "BF16", 2, 64, 64);
        second.add(layer + "mlp.gate_proj.weight", "BF16", 2, 96, 64);
        second.add(layer + "mlp.up_proj.weight", "BF16", 2, 96, 64);
        second.add(layer + "mlp.down_proj.weight", "BF16", 2, 64, 96);
        String one = "model-00001-of-00002.safetensors";
        String two = "model-00002-of-00002.safetensors";
        List<String> entries = new ArrayList<>();
        first.names().forEach(name -> entries.add("\"" + name + "\": \"" + one + "\""));
        second.names().forEach(name -> entries.add("\"" + name + "\": \"" + two + "\""));
        files.put(
                "model.safetensors.index.json",
                utf8("{\"metadata\": {\"total_size\": 1}, \"weight_map\": {" + String.join(", ", entries) + "}}"));
        files.put(one, first.bytes());
        files.put(two, second.bytes());
        return new Mutant("sharded", files);
    }

    /** A safetensors file of zeros. */
    static final class Safetensors {
        private final List<String> names = new ArrayList<>();
        private final StringBuilder header = new StringBuilder("{\"__metadata__\":{\"format\":\"pt\"}");
        private byte[] data = new byte[0];

        void add(String name, String type, int width, int... shape) {
            put(name, type, new byte[Arrays.stream(shape).reduce(width, (a, b) -> a * b)], shape);
        }

        /** Four rows in one of bytes, and the scale. */
        void packed(String name, int rows, int columns) {
            byte[] digits = new byte[rows / 4 * columns];
            Arrays.fill(digits, (byte) 0b01010101);
            put(name, "U8", digits, rows / 4, columns);
            put(name.replace(".weight", ".weight_scale"), "BF16", new byte[] {0, 0x3F}, 1);
        }

        private void put(String name, String type, byte[] content, int... shape) {
            names.add(name);
            header.append(String.format(
                    ",\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}",
                    name, type, Arrays.toString(shape), data.length, data.length + content.length));
            data = Odd.join(data, content);
        }

        List<String> names() {
            return names;
        }

        byte[] bytes() {
            return file(utf8(header + "}"), data);
        }

        static byte[] file(byte[] header, byte[] data) {
            return Odd.join(Odd.littleEndian(header.length, 8), header, data);
        }
    }

    /** A byte-level {@code tokenizer.json}, with its companions. */
    static Mutant byteLevelDirectory() {
        StringBuilder vocabulary = new StringBuilder();
        int id = 0;
        List<String> tokens = new ArrayList<>(byteAlphabet());
        tokens.addAll(List.of("th", "the", "Ġthe"));
        for (String token : tokens) {
            String quoted = token.replace("\\", "\\\\").replace("\"", "\\\"");
            vocabulary
                    .append(id == 0 ? "" : ", ")
                    .append('"')
                    .append(quoted)
                    .append("\": ")
                    .append(id++);
        }
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("tokenizer.json", utf8("""
                {"version": "1.0", "truncation": null, "padding": null,
                 "added_tokens": [
                  {"id": 259, "content": "<|begin|>", "single_word": false, "lstrip": false, "rstrip": false,
                   "normalized": false, "special": true},
                  {"id": 260, "content": "<|end|>", "special": true},
                  {"id": 261, "content": "<tool>", "lstrip": true, "normalized": true}],
                 "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}]},
                 "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                  {"type": "Digits", "individual_digits": true},
                  {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]},
                 "post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel"},
                  {"type": "TemplateProcessing",
                   "single": [{"SpecialToken": {"id": "<|begin|>", "type_id": 0}}, {"Sequence": {"id": "A"}}],
                   "special_tokens": {"<|begin|>": {"id": "<|begin|>", "ids": [259]}}}]},
                 "decoder": {"type": "ByteLevel"},
                 "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
                  "end_of_word_suffix": null, "byte_fallback": false, "ignore_merges": true,
                  "vocab": {VOCABULARY}, "merges": ["t h", ["th", "e"], "Ġ the"]}}""".replace("VOCABULARY", vocabulary)));
        files.put(
                "tokenizer_config.json",
                utf8(
                        "{\"bos_token\": \"<|begin|>\", \"eos_token\": {\"content\": \"<|end|>\"}, \"add_bos_token\": true}"));
        files.put("generation_config.json", utf8("{\"bos_token_id\": 259, \"eos_token_id\": [260, 261]}"));
        return new Mutant("byte-level", files);
    }

    /** A {@code tokenizer.json} with the rules of SentencePiece. */
    static Mutant hubSentencePiece() {
        return new Mutant("metaspace", Map.of("tokenizer.json", resource("tokenizer/sentencepiece/tokenizer.json")));
    }

    /** A {@code tokenizer.model} with its companions. */
    static Mutant sentencePieceDirectory(String model) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("tokenizer.model", resource("tokenizer/sentencepiece/" + model + ".model"));
        files.put("tokenizer_config.json", utf8("""
                {"added_tokens_decoder": {"1000": {"content": "<extra>", "special": true, "lstrip": false},
                  "1001": {"content": "<more>", "special": false, "rstrip": true}},
                 "legacy": false, "add_bos_token": true, "add_eos_token": false, "bos_token": "<s>"}"""));
        files.put("added_tokens.json", utf8("{\"<extra>\": 1000}"));
        return new Mutant(model, files);
    }
}
