package org.ryzanstein.loader.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.format.TernaryEncoder;
import org.ryzanstein.loader.progress.ProgressListener;

/**
 * A tiny random model of the Llama family, written as a hub directory or as GGUF. Weights are kept by their hub names, in the
 * hub's order of rows; each is a number that the model's type stores exactly.
 */
final class SyntheticLlama {
    /** The largest sequence that tests use. */
    static final int CONTEXT = 320;

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What gives a weight's rows and columns; a vector has one row. */
    record Shape(int rows, int columns) {}

    final String architecture;
    final int hidden;
    final int ffn;
    final int heads;
    final int kvHeads;
    final int headDim;
    final int layers = 2;
    final int vocabulary;
    final float epsilon = 1e-5f;
    final float ropeBase = 10_000f;
    /** Multiplier of a ternary matrix's digits; 0: the matrices are not ternary. */
    final float ternaryScale;

    final boolean tied;
    final TensorType type;
    private final Map<String, Shape> shapes = new LinkedHashMap<>();
    private final Map<String, float[]> weights = new LinkedHashMap<>();
    /** Left out of the file. */
    final Set<String> missing = new LinkedHashSet<>();

    private SyntheticLlama(Builder builder) {
        architecture = builder.architecture;
        hidden = builder.hidden;
        ffn = builder.ffn;
        heads = builder.heads;
        kvHeads = builder.kvHeads;
        headDim = builder.headDim;
        ternaryScale = builder.ternaryScale;
        tied = builder.tied;
        vocabulary = builder.vocabulary;
        type = builder.type;
        Random random = new Random(builder.seed);
        matrix(random, "model.embed_tokens.weight", vocabulary, hidden, 1);
        vector(random, "model.norm.weight", hidden, 1);
        if (!tied) {
            matrix(random, "lm_head.weight", vocabulary, hidden, builder.headGain / Math.sqrt(hidden));
        }
        for (int layer = 0; layer < layers; layer++) {
            String prefix = "model.layers." + layer + ".";
            vector(random, prefix + "input_layernorm.weight", hidden, 1);
            vector(random, prefix + "post_attention_layernorm.weight", hidden, 1);
            linear(random, prefix + "self_attn.q_proj.weight", heads * headDim, hidden);
            linear(random, prefix + "self_attn.k_proj.weight", kvHeads * headDim, hidden);
            linear(random, prefix + "self_attn.v_proj.weight", kvHeads * headDim, hidden);
            linear(random, prefix + "self_attn.o_proj.weight", hidden, heads * headDim);
            linear(random, prefix + "mlp.gate_proj.weight", ffn, hidden);
            linear(random, prefix + "mlp.up_proj.weight", ffn, hidden);
            linear(random, prefix + "mlp.down_proj.weight", hidden, ffn);
            if (builder.biases) {
                vector(random, prefix + "self_attn.q_proj.bias", heads * headDim, 0);
                vector(random, prefix + "self_attn.k_proj.bias", kvHeads * headDim, 0);
                vector(random, prefix + "self_attn.v_proj.bias", kvHeads * headDim, 0);
            }
            if (architecture.equals("qwen3")) {
                vector(random, prefix + "self_attn.q_norm.weight", headDim, 1);
                vector(random, prefix + "self_attn.k_norm.weight", headDim, 1);
            }
        }
    }

    /** The sizes; where nothing is said, 4 heads of 8 in pairs, a width of 32 and a feed-forward network of 172. */
    static final class Builder {
        private final String architecture;
        private int hidden = 32;
        private int ffn = 172;
        private int heads = 4;
        private int kvHeads = 2;
        private int headDim = 8;
        private int vocabulary = 61;
        private boolean tied;
        private boolean biases;
        private float ternaryScale;
        private double headGain = 2;
        private TensorType type = TensorType.F32;
        private long seed = 1;

        private Builder(String architecture) {
            this.architecture = architecture;
            this.biases = architecture.equals("qwen2");
        }

        Builder heads(int heads, int kvHeads, int headDim) {
            this.heads = heads;
            this.kvHeads = kvHeads;
            this.headDim = headDim;
            return this;
        }

        Builder widths(int hidden, int ffn) {
            this.hidden = hidden;
            this.ffn = ffn;
            return this;
        }

        Builder vocabulary(int tokens) {
            vocabulary = tokens;
            return this;
        }

        Builder tied() {
            tied = true;
            return this;
        }

        Builder biased() {
            biases = true;
            return this;
        }

        Builder ternary(float scale) {
            ternaryScale = scale;
            return this;
        }

        Builder type(TensorType type) {
            this.type = type;
            return this;
        }

        /** How far apart the logits are. */
        Builder headGain(double gain) {
            headGain = gain;
            return this;
        }

        Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        SyntheticLlama build() {
            return new SyntheticLlama(this);
        }
    }

    static Builder of(String architecture) {
        return new Builder(architecture);
    }

    private void linear(Random random, String name, int rows, int columns) {
        if (ternaryScale == 0) {
            matrix(random, name, rows, columns, 1 / Math.sqrt(columns));
            return;
        }
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (random.nextInt(3) - 1) * ternaryScale;
        }
        put(name, rows, columns, values);
    }

    private void matrix(Random random, String name, int rows, int columns, double deviation) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = rounded((float) (random.nextGaussian() * deviation));
        }
        put(name, rows, columns, values);
    }

    private void vector(Random random, String name, int length, float mean) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = rounded(mean + 0.3f * (float) random.nextGaussian());
        }
        put(name, 1, length, values);
    }

    private void put(String name, int rows, int columns, float[] values) {
        shapes.put(name, new Shape(rows, columns));
        weights.put(name, values);
    }

    private float rounded(float value) {
        return switch (type) {
            case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
            case BF16 -> Float.intBitsToFloat(Float.floatToRawIntBits(value) & 0xffff0000);
            default -> value;
        };
    }

    /** Makes tokens improbable: their logits become 0, while others are far above. */
    SyntheticLlama silence(IntPredicate tokens) {
        float[] head = values("lm_head.weight");
        IntStream.range(0, vocabulary)
                .filter(tokens)
                .forEach(token -> Arrays.fill(head, token * hidden, (token + 1) * hidden, 0));
        return this;
    }

    Shape shape(String name) {
        return Objects.requireNonNull(shapes.get(name), name);
    }

    float[] values(String name) {
        return Objects.requireNonNull(weights.get(name), name);
    }

    boolean has(String name) {
        return weights.containsKey(name);
    }

    boolean isTernary(String name) {
        return ternaryScale != 0 && name.endsWith("_proj.weight");
    }

    /** The configuration of the hub's class. */
    Map<String, Object> config() {
        Map<String, Object> config = new LinkedHashMap<>();
        String className = architecture.equals("llama") ? "Llama" : architecture.replace("qwen", "Qwen");
        config.put("architectures", List.of(className + "ForCausalLM"));
        config.put("model_type", architecture);
        config.put("hidden_act", "silu");
        config.put("hidden_size", hidden);
        config.put("intermediate_size", ffn);
        config.put("num_hidden_layers", layers);
        config.put("num_attention_heads", heads);
        config.put("num_key_value_heads", kvHeads);
        config.put("head_dim", headDim);
        config.put("max_position_embeddings", CONTEXT);
        config.put("vocab_size", vocabulary);
        config.put("rms_norm_eps", epsilon);
        config.put("rope_theta", ropeBase);
        config.put("tie_word_embeddings", tied);
        return config;
    }

    Path writeHub(Path directory) throws IOException {
        return writeHub(directory, 1, config -> {});
    }

    /** Ternary matrices are packed, and are divided by their scale where the configuration does not say otherwise. */
    Path writeHub(Path directory, int files, Consumer<Map<String, Object>> change) throws IOException {
        Files.createDirectories(directory);
        Map<String, Object> config = config();
        if (ternaryScale != 0) {
            config.put(
                    "quantization_config",
                    Map.of("modules_to_not_convert", List.of("lm_head"), "quant_method", "bitnet"));
        }
        change.accept(config);
        JSON.writeValue(directory.resolve("config.json").toFile(), config);
        boolean multiplied = config.get("quantization_config") instanceof Map<?, ?> quantization
                && "autobitlinear".equals(quantization.get("linear_class"));
        SafetensorsWriter writer = new SafetensorsWriter();
        weights.forEach((name, values) -> {
            Shape shape = shape(name);
            if (missing.contains(name)) {
                return;
            }
            if (isTernary(name)) {
                writer.add(
                        name,
                        "U8",
                        List.of(Math.ceilDiv(shape.rows(), 4), shape.columns()),
                        packed(values, shape.rows(), shape.columns()));
                writer.add(
                        name.replace("weight", "weight_scale"),
                        "F32",
                        List.of(1),
                        bytes(TensorType.F32, multiplied ? ternaryScale : 1 / ternaryScale));
            } else {
                writer.add(
                        name,
                        type.name(),
                        name.endsWith("norm.weight") || name.endsWith("bias")
                                ? List.of(shape.columns())
                                : List.of(shape.rows(), shape.columns()),
                        bytes(type, values));
            }
        });
        writer.write(directory, files);
        return directory;
    }

    Path writeGguf(Path path) throws IOException {
        return writeGguf(path, TensorType.TQ2_0, writer -> {});
    }

    /** As llama.cpp's converter does it: Llama's query and key rows reordered, vectors as F32. */
    Path writeGguf(Path path, TensorType ternaryType, Consumer<GgufWriter> more) throws IOException {
        GgufWriter writer = new GgufWriter()
                .text("general.architecture", architecture)
                .uint32(architecture + ".embedding_length", hidden)
                .uint32(architecture + ".feed_forward_length", ffn)
                .uint32(architecture + ".block_count", layers)
                .uint32(architecture + ".attention.head_count", heads)
                .uint32(architecture + ".attention.head_count_kv", kvHeads)
                .uint32(architecture + ".attention.key_length", headDim)
                .uint32(architecture + ".attention.value_length", headDim)
                .uint32(architecture + ".rope.dimension_count", headDim)
                .uint32(architecture + ".context_length", CONTEXT)
                .uint32(architecture + ".vocab_size", vocabulary)
                .float32(architecture + ".attention.layer_norm_rms_epsilon", epsilon)
                .float32(architecture + ".rope.freq_base", ropeBase);
        weights.forEach((name, values) -> {
            Shape shape = shape(name);
            if (missing.contains(name)) {
                return;
            }
            float[] stored = values;
            if (architecture.equals("llama") && name.matches(".*[qk]_proj.*")) {
                boolean bias = name.endsWith("bias");
                stored = interleaved(values, bias ? shape.columns() : shape.rows(), bias ? 1 : shape.columns());
            }
            if (shape.rows() == 1) {
                add(writer, ggufName(name), TensorType.F32, List.of((long) shape.columns()), stored);
            } else {
                List<Long> sizes = List.of((long) shape.rows(), (long) shape.columns());
                add(writer, ggufName(name), isTernary(name) ? ternaryType : type, sizes, stored);
            }
        });
        more.accept(writer);
        writer.write(path, ProgressListener.NONE);
        return path;
    }

    private void add(GgufWriter writer, String name, TensorType stored, List<Long> shape, float[] values) {
        writer.tensor(name, stored, shape, sink -> {
            if (stored == TensorType.F32 || stored == TensorType.F16 || stored == TensorType.BF16) {
                byte[] bytes = bytes(stored, values);
                sink.write(bytes, 0, bytes.length);
                return;
            }
            TernaryEncoder encoder = TernaryEncoder.of(stored);
            byte[] digits = new byte[values.length];
            for (int i = 0; i < digits.length; i++) {
                digits[i] = (byte) Math.signum(values[i]);
            }
            byte[] bytes = new byte[values.length / stored.blockElements() * stored.blockBytes()];
            encoder.encode(digits, 0, digits.length, ternaryScale, bytes, 0);
            sink.write(bytes, 0, bytes.length);
            byte[] tail = encoder.tail(ternaryScale);
            sink.write(tail, 0, tail.length);
        });
    }

    /** Row 2i + j of a head is row i + j * headDim / 2 of the hub's. */
    private float[] interleaved(float[] values, int rows, int columns) {
        float[] reordered = new float[values.length];
        for (int row = 0; row < rows; row++) {
            int inHead = row % headDim;
            int source = row - inHead + inHead / 2 + inHead % 2 * (headDim / 2);
            System.arraycopy(values, source * columns, reordered, row * columns, columns);
        }
        return reordered;
    }

    static String ggufName(String name) {
        return name.replace("model.layers.", "blk.")
                .replace("model.embed_tokens", "token_embd")
                .replace("model.norm", "output_norm")
                .replace("lm_head", "output")
                .replace("input_layernorm", "attn_norm")
                .replace("post_attention_layernorm", "ffn_norm")
                .replace("self_attn.q_norm", "attn_q_norm")
                .replace("self_attn.k_norm", "attn_k_norm")
                .replace("self_attn.q_proj", "attn_q")
                .replace("self_attn.k_proj", "attn_k")
                .replace("self_attn.v_proj", "attn_v")
                .replace("self_attn.o_proj", "attn_output")
                .replace("mlp.gate_proj", "ffn_gate")
                .replace("mlp.up_proj", "ffn_up")
                .replace("mlp.down_proj", "ffn_down");
    }

    /** Four rows in a byte, a quarter of the matrix apart. */
    private static byte[] packed(float[] values, int rows, int columns) {
        int packedRows = Math.ceilDiv(rows, 4);
        byte[] packed = new byte[packedRows * columns];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                int digit = (int) Math.signum(values[row * columns + column]) + 1;
                packed[row % packedRows * columns + column] |= (byte) (digit << (row / packedRows * 2));
            }
        }
        return packed;
    }

    static byte[] bytes(TensorType type, float... values) {
        ByteBuffer bytes =
                ByteBuffer.allocate(values.length * type.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            switch (type) {
                case F32 -> bytes.putFloat(value);
                case F16 -> bytes.putShort(Float.floatToFloat16(value));
                case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
                default -> throw new IllegalArgumentException(type.name());
            }
        }
        return bytes.array();
    }
}
