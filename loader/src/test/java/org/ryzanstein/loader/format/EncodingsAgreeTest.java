package org.ryzanstein.loader.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.progress.ProgressListener;

/** One trained model in every encoding: the same digits everywhere, and the same scales up to float16. */
class EncodingsAgreeTest {
    /** Half a unit in the last place of a float16, relative. */
    private static final float HALF_ROUNDING = 0x1p-11f;

    /** How a mean summed in another order may differ, relative. */
    private static final float MEAN_ROUNDING = 0x1p-20f;

    @TempDir
    Path folder;

    private record Matrix(byte[] digits, float scale) {}

    private static Map<TensorName, Matrix> read(Path path) {
        Map<TensorName, Matrix> matrices = new LinkedHashMap<>();
        try (ModelFile model = ModelFile.open(path)) {
            assertThat(model.architecture()).isEqualTo(ModelFile.BITNET_B158);
            Hyperparameters shape = model.hyperparameters();
            TensorSources sources = model.sources();
            int hidden = shape.hiddenSize();
            int kv = shape.kvHeads() * shape.headDim();
            int feedForward = shape.feedForwardSize();
            for (int layer = 0; layer < shape.layers(); layer++) {
                add(matrices, sources, TensorRole.ATTENTION_QUERY, layer, hidden, hidden);
                add(matrices, sources, TensorRole.ATTENTION_KEY, layer, kv, hidden);
                add(matrices, sources, TensorRole.ATTENTION_VALUE, layer, kv, hidden);
                add(matrices, sources, TensorRole.ATTENTION_OUTPUT, layer, hidden, hidden);
                add(matrices, sources, TensorRole.FEED_FORWARD_GATE, layer, feedForward, hidden);
                add(matrices, sources, TensorRole.FEED_FORWARD_UP, layer, feedForward, hidden);
                add(matrices, sources, TensorRole.FEED_FORWARD_DOWN, layer, hidden, feedForward);
                sources.vector(TensorName.of(TensorRole.ATTENTION_NORM, layer), hidden);
                sources.vector(TensorName.of(TensorRole.ATTENTION_SUB_NORM, layer), hidden);
                sources.vector(TensorName.of(TensorRole.FEED_FORWARD_NORM, layer), hidden);
                sources.vector(TensorName.of(TensorRole.FEED_FORWARD_SUB_NORM, layer), feedForward);
            }
            sources.floats(TensorName.of(TensorRole.TOKEN_EMBEDDING), shape.vocabularySize(), hidden);
            sources.vector(TensorName.of(TensorRole.OUTPUT_NORM), hidden);
            assertThat(sources.refuseUnclaimed()).isEmpty();
        }
        return matrices;
    }

    private static void add(
            Map<TensorName, Matrix> matrices,
            TensorSources sources,
            TensorRole role,
            int layer,
            int rows,
            int columns) {
        TensorName name = TensorName.of(role, layer);
        WeightSource.Ternary ternary = sources.ternary(name, rows, columns);
        byte[] digits = new byte[rows * columns];
        for (int row = 0; row < rows; row++) {
            ternary.readDigits(row, digits, row * columns);
        }
        matrices.put(name, new Matrix(digits, ternary.scale(0)));
    }

    private static void assertSame(Path path, float relative) {
        Map<TensorName, Matrix> expected = read(TestFiles.I2S);
        Map<TensorName, Matrix> found = read(path);
        assertThat(found.keySet()).isEqualTo(expected.keySet()).hasSize(28);
        expected.forEach((name, matrix) -> {
            Matrix other = java.util.Objects.requireNonNull(found.get(name));
            assertThat(other.digits()).as(name.gguf()).isEqualTo(matrix.digits());
            assertThat(other.scale()).as(name.gguf()).isCloseTo(matrix.scale(), within(matrix.scale() * relative));
        });
    }

    @Test
    void tq1() {
        assertSame(TestFiles.TQ1, HALF_ROUNDING);
    }

    @Test
    void tq2() {
        assertSame(TestFiles.TQ2, HALF_ROUNDING);
    }

    @Test
    void packedOnTheHub() {
        assertSame(TestFiles.PACKED, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bitnet-tiny/bitnet-tiny-f32.gguf", "bitnet-tiny"})
    void floatsAndMasterWeights(String name) {
        assertSame(TestFiles.shared(name), name.endsWith(".gguf") ? 0 : MEAN_ROUNDING);
    }

    @ParameterizedTest
    @EnumSource
    void everyEncoderWritesWhatIsReadBack(TernaryEncoder encoder) throws IOException {
        Path path = folder.resolve("encoded.gguf");
        Map<TensorName, Matrix> matrices = read(TestFiles.I2S);
        try (GgufFile file = GgufFile.open(TestFiles.I2S)) {
            GgufWriter writer = new GgufWriter();
            file.metadata().keys().forEach(key -> writer.copy(file, key));
            for (TensorInfo tensor : file.tensors().values()) {
                if (tensor.type() != TensorType.I2_S) {
                    writer.copy(tensor);
                }
            }
            matrices.forEach((name, matrix) -> {
                TensorInfo tensor =
                        java.util.Objects.requireNonNull(file.tensors().get(name.gguf()));
                writer.tensor(name.gguf(), encoder.type(), tensor.shape(), sink -> {
                    TensorType type = encoder.type();
                    byte[] packed = new byte[matrix.digits().length / type.blockElements() * type.blockBytes()];
                    encoder.encode(matrix.digits(), 0, matrix.digits().length, matrix.scale(), packed, 0);
                    sink.write(packed, 0, packed.length);
                    byte[] tail = encoder.tail(matrix.scale());
                    sink.write(tail, 0, tail.length);
                });
            });
            writer.write(path, ProgressListener.NONE);
        } catch (UncheckedIOException failure) {
            throw failure.getCause();
        }
        Map<TensorName, Matrix> back = read(path);
        matrices.forEach((name, matrix) -> {
            Matrix other = java.util.Objects.requireNonNull(back.get(name));
            assertThat(other.digits()).as(name.gguf()).isEqualTo(matrix.digits());
            assertThat(other.scale()).as(name.gguf()).isEqualTo(encoder.stored(matrix.scale()));
        });
    }
}
