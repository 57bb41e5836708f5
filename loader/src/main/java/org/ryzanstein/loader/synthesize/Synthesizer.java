package org.ryzanstein.loader.synthesize;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.format.TernaryEncoder;
import org.ryzanstein.loader.progress.ProgressListener;

/**
 * Writes a BitNet b1.58 model of a real shape with random weights as GGUF. The weights depend on shape and seed alone: the
 * types only store them differently, except that scales and head are rounded to float16 in every type.
 *
 * <p>Scales keep activations near 1, as in a trained model: digits are uniform over {-1, 0, 1}, so a row of K of them has
 * the norm sqrt(2 K / 3), and a projection scaled by its inverse keeps the size of a normalised input. What the layers add to the
 * residual stream outweighs the token's own embedding, and the head spreads the logits by about 2.5, so that the next token
 * depends on the context and is not the last one again.
 */
public final class Synthesizer {
    private static final float NORM_EPSILON = 1e-5f;
    /** Size of what attention and feed-forward network add to the residual stream. */
    private static final double RESIDUAL_GAIN = 0.3;
    /** Standard deviation of the logits. */
    private static final double LOGIT_SPREAD = 2.5;
    /** Norm weights lie within 1 +- this. */
    private static final float NORM_SPREAD = 0.1f;

    private static final int CHUNK_DIGITS = 1 << 15;
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final Shape shape;
    private final TernaryEncoder encoder;
    private final TensorType head;
    private final long seed;
    private final GgufWriter writer = new GgufWriter();
    private long stream;

    private Synthesizer(Shape shape, TernaryEncoder encoder, TensorType head, long seed) {
        this.shape = shape;
        this.encoder = encoder;
        this.head = head;
        this.seed = seed;
    }

    /**
     * Writes a model; an existing file is replaced once the new one is complete.
     *
     * @param type type of the ternary matrices: TQ1_0, TQ2_0, I2_S or F16
     * @param head type of the token embedding, which is the output head too: F16 or F32
     * @param seed the same seed gives the same bytes
     * @throws IllegalArgumentException for another type
     */
    public static void write(
            Path target, Shape shape, TensorType type, TensorType head, long seed, ProgressListener progress)
            throws IOException {
        if (head != TensorType.F16 && head != TensorType.F32) {
            throw new IllegalArgumentException("head of type " + head + "; use F16 or F32");
        }
        Synthesizer synthesizer = new Synthesizer(shape, TernaryEncoder.of(type), head, seed);
        synthesizer.addMetadata();
        synthesizer.addTensors();
        synthesizer.writer.write(target, progress);
    }

    private void addMetadata() {
        String prefix = "bitnet-b1.58.";
        writer.text("general.architecture", "bitnet-b1.58")
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
                .float32(prefix + "attention.layer_norm_rms_epsilon", NORM_EPSILON)
                .float32(prefix + "rope.freq_base", shape.ropeBase());
        DummyVocabulary vocabulary = new DummyVocabulary(shape.plainTokens(), shape.specialTokens());
        writer.text("tokenizer.ggml.model", "gpt2")
                .text("tokenizer.ggml.pre", "llama-bpe")
                .texts("tokenizer.ggml.tokens", vocabulary.tokens())
                .int32s("tokenizer.ggml.token_type", vocabulary.types())
                .texts("tokenizer.ggml.merges", vocabulary.merges())
                .uint32("tokenizer.ggml.bos_token_id", vocabulary.beginOfText())
                .uint32("tokenizer.ggml.eos_token_id", vocabulary.endOfText())
                .uint32("tokenizer.ggml.eot_token_id", vocabulary.endOfTurn())
                .bool("tokenizer.ggml.add_bos_token", true)
                .bool("tokenizer.ggml.add_eos_token", false);
    }

    /** llama.cpp's number for a file whose matrices are of this type. */
    private int fileType() {
        return switch (encoder) {
            case F32 -> 0;
            case F16 -> 1;
            case TQ1_0 -> 36;
            case TQ2_0 -> 37;
            case I2_S -> 40;
        };
    }

    private void addTensors() {
        int hidden = shape.hiddenSize();
        int feedForward = shape.feedForwardSize();
        int kv = shape.kvHeads() * shape.headDim();
        addHead(hidden);
        addNorm(TensorName.of(TensorRole.OUTPUT_NORM), hidden);
        for (int layer = 0; layer < shape.layers(); layer++) {
            addNorm(TensorName.of(TensorRole.ATTENTION_NORM, layer), hidden);
            addNorm(TensorName.of(TensorRole.ATTENTION_SUB_NORM, layer), hidden);
            addNorm(TensorName.of(TensorRole.FEED_FORWARD_NORM, layer), hidden);
            addNorm(TensorName.of(TensorRole.FEED_FORWARD_SUB_NORM, layer), feedForward);
            addTernary(TensorName.of(TensorRole.ATTENTION_QUERY, layer), hidden, hidden, 1);
            addTernary(TensorName.of(TensorRole.ATTENTION_KEY, layer), kv, hidden, 1);
            addTernary(TensorName.of(TensorRole.ATTENTION_VALUE, layer), kv, hidden, 1);
            addTernary(TensorName.of(TensorRole.ATTENTION_OUTPUT, layer), hidden, hidden, RESIDUAL_GAIN);
            addTernary(TensorName.of(TensorRole.FEED_FORWARD_GATE, layer), feedForward, hidden, 1);
            addTernary(TensorName.of(TensorRole.FEED_FORWARD_UP, layer), feedForward, hidden, 1);
            addTernary(TensorName.of(TensorRole.FEED_FORWARD_DOWN, layer), hidden, feedForward, RESIDUAL_GAIN);
        }
    }

    private void addHead(int hidden) {
        CounterRandom random = new CounterRandom(seed, stream++);
        // A uniform distribution over [-a, a] has the standard deviation a / sqrt(3).
        float range = (float) (LOGIT_SPREAD / Math.sqrt(hidden) * Math.sqrt(3));
        long rows = shape.vocabularySize();
        writer.tensor(TensorName.of(TensorRole.TOKEN_EMBEDDING).gguf(), head, List.of(rows, (long) hidden), sink -> {
            byte[] bytes = new byte[hidden * head.blockBytes()];
            for (long row = 0; row < rows; row++) {
                for (int i = 0; i < hidden; i++) {
                    short half = Float.floatToFloat16(random.uniform(row * hidden + i) * range);
                    if (head == TensorType.F16) {
                        SHORT.set(bytes, 2 * i, half);
                    } else {
                        INT.set(bytes, 4 * i, Float.floatToRawIntBits(Float.float16ToFloat(half)));
                    }
                }
                sink.write(bytes, 0, bytes.length);
            }
        });
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
        TensorType type = encoder.type();
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
