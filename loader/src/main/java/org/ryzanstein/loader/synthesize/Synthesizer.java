package org.ryzanstein.loader.synthesize;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.ryzanstein.loader.format.BlockEncoder;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.format.TernaryEncoder;
import org.ryzanstein.loader.progress.ProgressListener;

/**
 * Writes a model of a real shape with random weights as GGUF, as llama.cpp loads it. The weights depend on shape and seed alone:
 * the types only store them differently, except that scales and head are rounded to float16 in every type.
 *
 * <p>Scales keep activations near 1, as in a trained model: digits are uniform over {-1, 0, 1}, so a row of K of them has
 * the norm sqrt(2 K / 3), and a projection scaled by its inverse keeps the size of a normalised input; the weights of an ordinary
 * projection are uniform with the deviation 1 / sqrt(K). What the layers add to the
 * residual stream outweighs the token's own embedding, and the head spreads the logits by about 2.5, so that the next token
 * depends on the context and is not the last one again.
 */
public final class Synthesizer {
    /** Size of what attention and feed-forward network add to the residual stream. */
    private static final double RESIDUAL_GAIN = 0.3;
    /** Standard deviation of the logits. */
    private static final double LOGIT_SPREAD = 2.5;
    /** Norm weights lie within 1 +- this. */
    private static final float NORM_SPREAD = 0.1f;

    private static final Set<TensorType> TERNARY = EnumSet.of(TensorType.TQ1_0, TensorType.TQ2_0, TensorType.I2_S);
    private static final Set<TensorType> HEADS =
            EnumSet.of(TensorType.F16, TensorType.F32, TensorType.Q8_0, TensorType.Q6_K);

    private static final int CHUNK_DIGITS = 1 << 15;
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final Shape shape;
    private final Family family;
    private final TensorType type;
    private final TensorType head;
    private final long seed;
    private final GgufWriter writer = new GgufWriter();
    private long stream;

    private Synthesizer(Shape shape, TensorType type, TensorType head, long seed) {
        this.shape = shape;
        this.family = shape.family();
        this.type = type;
        this.head = head;
        this.seed = seed;
    }

    /**
     * Writes a model; an existing file is replaced once the new one is complete.
     *
     * @param type type of the layers' matrices. Of a BitNet: TQ1_0, TQ2_0, I2_S or F16, all ternary; of another model: TQ1_0,
     *     TQ2_0 or I2_S for ternary ones, F32, F16, Q8_0, Q4_0, Q4_K or Q6_K for ordinary ones
     * @param head type of the token embedding, which is the output head too: F16, F32, Q8_0 or Q6_K
     * @param seed the same seed gives the same bytes
     * @throws IllegalArgumentException for another type
     */
    public static void write(
            Path target, Shape shape, TensorType type, TensorType head, long seed, ProgressListener progress)
            throws IOException {
        if (!HEADS.contains(head)) {
            throw new IllegalArgumentException("head of type " + head + "; use one of " + HEADS);
        }
        Synthesizer synthesizer = new Synthesizer(shape, type, head, seed);
        synthesizer.addMetadata();
        synthesizer.addTensors();
        synthesizer.writer.write(target, progress);
    }

    private void addMetadata() {
        String prefix = family.architecture() + ".";
        writer.text("general.architecture", family.architecture())
                .text("general.name", shape.text() + ", random weights, seed " + seed)
                .uint32("general.file_type", fileType())
                .uint32(prefix + "vocab_size", shape.vocabularySize())
                .uint32(prefix + "context_length", shape.contextLength())
                .uint32(prefix + "embedding_length", shape.hiddenSize())
                .uint32(prefix + "block_count", shape.layers())
                .uint32(prefix + "feed_forward_length", shape.feedForwardSize())
                .uint32(prefix + "rope.dimension_count", shape.headDim())
                .uint32(prefix + "attention.head_count", shape.heads())
                .uint32(prefix + "attention.head_count_kv", shape.kvHeads())
                .float32(prefix + "attention.layer_norm_rms_epsilon", family.normEpsilon())
                .float32(prefix + "rope.freq_base", shape.ropeBase());
        if (family != Family.BITNET) {
            writer.uint32(prefix + "attention.key_length", shape.headDim())
                    .uint32(prefix + "attention.value_length", shape.headDim())
                    .uint32("general.quantization_version", 2);
        }
        addVocabulary();
    }

    private void addVocabulary() {
        DummyVocabulary vocabulary =
                new DummyVocabulary(shape.plainTokens(), shape.specialTokens(), family.specialTokens());
        writer.text("tokenizer.ggml.model", "gpt2")
                .text("tokenizer.ggml.pre", family.preTokenizer())
                .texts("tokenizer.ggml.tokens", vocabulary.tokens())
                .int32s("tokenizer.ggml.token_type", vocabulary.types())
                .texts("tokenizer.ggml.merges", vocabulary.merges());
        if (family == Family.QWEN3) {
            writer.uint32("tokenizer.ggml.bos_token_id", vocabulary.special("<|endoftext|>"))
                    .uint32("tokenizer.ggml.eos_token_id", vocabulary.special("<|im_end|>"))
                    .uint32("tokenizer.ggml.padding_token_id", vocabulary.special("<|endoftext|>"))
                    .bool("tokenizer.ggml.add_bos_token", false);
        } else {
            writer.uint32("tokenizer.ggml.bos_token_id", vocabulary.special("<|begin_of_text|>"))
                    .uint32("tokenizer.ggml.eos_token_id", vocabulary.special("<|end_of_text|>"))
                    .uint32("tokenizer.ggml.eot_token_id", vocabulary.special("<|eot_id|>"))
                    .bool("tokenizer.ggml.add_bos_token", true);
        }
        writer.bool("tokenizer.ggml.add_eos_token", false);
    }

    /** llama.cpp's number for a file whose matrices are of this type. */
    private int fileType() {
        return switch (type) {
            case F32 -> 0;
            case F16 -> 1;
            case Q4_0 -> 2;
            case Q8_0 -> 7;
            case Q4_K -> 14;
            case Q6_K -> 18;
            case TQ1_0 -> 36;
            case TQ2_0 -> 37;
            case I2_S -> 40;
            default -> throw new IllegalArgumentException(type + " is not written");
        };
    }

    private void addTensors() {
        int hidden = shape.hiddenSize();
        int feedForward = shape.feedForwardSize();
        int query = shape.heads() * shape.headDim();
        int kv = shape.kvHeads() * shape.headDim();
        addHead(hidden);
        addNorm(TensorName.of(TensorRole.OUTPUT_NORM), hidden);
        if (shape == Shape.LLAMA_1B) {
            addRopeFactors();
        }
        for (int layer = 0; layer < shape.layers(); layer++) {
            addNorm(TensorName.of(TensorRole.ATTENTION_NORM, layer), hidden);
            if (family == Family.BITNET) {
                addNorm(TensorName.of(TensorRole.ATTENTION_SUB_NORM, layer), query);
            }
            addNorm(TensorName.of(TensorRole.FEED_FORWARD_NORM, layer), hidden);
            if (family == Family.BITNET) {
                addNorm(TensorName.of(TensorRole.FEED_FORWARD_SUB_NORM, layer), feedForward);
            }
            if (family == Family.QWEN3) {
                addNorm(TensorName.of(TensorRole.ATTENTION_QUERY_NORM, layer), shape.headDim());
                addNorm(TensorName.of(TensorRole.ATTENTION_KEY_NORM, layer), shape.headDim());
            }
            addMatrix(TensorName.of(TensorRole.ATTENTION_QUERY, layer), query, hidden, 1);
            addMatrix(TensorName.of(TensorRole.ATTENTION_KEY, layer), kv, hidden, 1);
            addMatrix(TensorName.of(TensorRole.ATTENTION_VALUE, layer), kv, hidden, 1);
            addMatrix(TensorName.of(TensorRole.ATTENTION_OUTPUT, layer), hidden, query, RESIDUAL_GAIN);
            addMatrix(TensorName.of(TensorRole.FEED_FORWARD_GATE, layer), feedForward, hidden, 1);
            addMatrix(TensorName.of(TensorRole.FEED_FORWARD_UP, layer), feedForward, hidden, 1);
            addMatrix(TensorName.of(TensorRole.FEED_FORWARD_DOWN, layer), hidden, feedForward, RESIDUAL_GAIN);
        }
    }

    private void addHead(int hidden) {
        addDense(TensorName.of(TensorRole.TOKEN_EMBEDDING), head, shape.vocabularySize(), hidden, LOGIT_SPREAD);
    }

    private void addMatrix(TensorName name, int rows, int columns, double gain) {
        if (family.alwaysTernary() || TERNARY.contains(type)) {
            addTernary(name, rows, columns, gain);
        } else {
            addDense(name, type, rows, columns, gain);
        }
    }

    /** Uniform weights that keep the size of a normalised input but for a gain, rounded to float16 at first. */
    private void addDense(TensorName name, TensorType stored, long rows, int columns, double gain) {
        CounterRandom random = new CounterRandom(seed, stream++);
        // A uniform distribution over [-a, a] has the standard deviation a / sqrt(3).
        float range = (float) (gain / Math.sqrt(columns) * Math.sqrt(3));
        RowEncoder encoder = RowEncoder.of(stored);
        writer.tensor(name.gguf(), stored, List.of(rows, (long) columns), sink -> {
            float[] values = new float[columns];
            byte[] bytes = new byte[columns / stored.blockElements() * stored.blockBytes()];
            for (long row = 0; row < rows; row++) {
                for (int i = 0; i < columns; i++) {
                    short half = Float.floatToFloat16(random.uniform(row * columns + i) * range);
                    values[i] = Float.float16ToFloat(half);
                }
                encoder.encode(values, bytes);
                sink.write(bytes, 0, bytes.length);
            }
        });
    }

    /** Stores a row of floats. */
    @FunctionalInterface
    private interface RowEncoder {
        void encode(float[] values, byte[] bytes);

        static RowEncoder of(TensorType type) {
            return switch (type) {
                case F16 ->
                    (values, bytes) -> {
                        for (int i = 0; i < values.length; i++) {
                            SHORT.set(bytes, 2 * i, Float.floatToFloat16(values[i]));
                        }
                    };
                case F32 ->
                    (values, bytes) -> {
                        for (int i = 0; i < values.length; i++) {
                            INT.set(bytes, 4 * i, Float.floatToRawIntBits(values[i]));
                        }
                    };
                default -> {
                    BlockEncoder blocks = BlockEncoder.of(type);
                    yield (values, bytes) -> blocks.encode(values, 0, values.length, bytes, 0);
                }
            };
        }
    }

    /** What Llama 3.2 divides its rotary frequencies by: frequencies that turn seldom in 8192 positions by 32. */
    private void addRopeFactors() {
        int half = shape.headDim() / 2;
        byte[] bytes = new byte[4 * half];
        for (int i = 0; i < half; i++) {
            double frequency = StrictMath.pow(shape.ropeBase(), -2.0 * i / shape.headDim());
            double turns = 8192 * frequency / (2 * StrictMath.PI);
            double kept = Math.clamp((turns - 1) / (4 - 1), 0.0, 1.0);
            INT.set(bytes, 4 * i, Float.floatToRawIntBits((float) (1 / (kept + (1 - kept) / 32))));
        }
        writer.tensor(
                TensorName.of(TensorRole.ROPE_FACTORS).gguf(),
                TensorType.F32,
                List.of((long) half),
                sink -> sink.write(bytes, 0, bytes.length));
    }

    private void addNorm(TensorName name, int length) {
        CounterRandom random = new CounterRandom(seed, stream++);
        writer.tensor(name.gguf(), TensorType.F32, List.of((long) length), sink -> {
            byte[] bytes = new byte[4 * length];
            for (int i = 0; i < length; i++) {
                INT.set(bytes, 4 * i, Float.floatToRawIntBits(1 + NORM_SPREAD * random.uniform(i)));
            }
            sink.write(bytes, 0, bytes.length);
        });
    }

    private void addTernary(TensorName name, int rows, int columns, double gain) {
        CounterRandom random = new CounterRandom(seed, stream++);
        float scale = Float.float16ToFloat(Float.floatToFloat16((float) (gain / Math.sqrt(columns * 2.0 / 3.0))));
        TernaryEncoder encoder = TernaryEncoder.of(type);
        writer.tensor(name.gguf(), type, List.of((long) rows, (long) columns), sink -> {
            int rowsAtOnce = Math.max(1, CHUNK_DIGITS / columns);
            byte[] digits = new byte[rowsAtOnce * columns];
            byte[] packed = new byte[digits.length / type.blockElements() * type.blockBytes()];
            for (int row = 0; row < rows; row += rowsAtOnce) {
                int count = Math.min(rowsAtOnce, rows - row) * columns;
                random.digits((long) row * columns, digits, count);
                sink.write(packed, 0, encoder.encode(digits, 0, count, scale, packed, 0));
            }
            byte[] tail = encoder.tail(scale);
            sink.write(tail, 0, tail.length);
        });
    }
}
