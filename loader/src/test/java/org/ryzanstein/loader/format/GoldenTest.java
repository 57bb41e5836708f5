package org.ryzanstein.loader.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.progress.ProgressListener;

/** Against what llama.cpp's own library makes of the same numbers. */
class GoldenTest {
    private static final int COLUMNS = 256;
    private static final int ROWS = 4;
    private static final TensorName NAME = TensorName.of(TensorRole.ATTENTION_QUERY);

    @TempDir
    Path folder;

    private ModelFile model(TensorType type, byte[] quantised) throws IOException {
        Path path = folder.resolve("golden.gguf");
        new GgufWriter()
                .tensor(
                        NAME.gguf(),
                        type,
                        List.of((long) ROWS, (long) COLUMNS),
                        sink -> sink.write(quantised, 0, quantised.length))
                .write(path, ProgressListener.NONE);
        return ModelFile.open(path);
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void decodesFloats(TensorType type) throws IOException {
        String name = type.name().toLowerCase(java.util.Locale.ROOT);
        float[] expected = TestFiles.goldenFloats(name + ".deq.f32");
        try (ModelFile model = model(type, TestFiles.golden(name + ".q"))) {
            WeightSource.Floats floats = model.sources().floats(NAME, ROWS, COLUMNS);
            float[] decoded = new float[ROWS * COLUMNS];
            for (int row = 0; row < ROWS; row++) {
                floats.readFloats(row, decoded, row * COLUMNS);
            }
            assertThat(decoded).isEqualTo(expected);
            assertThat(floats.format().name()).isEqualTo(type == TensorType.F16 ? "FLOAT16" : "BFLOAT16");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TQ1_0", "TQ2_0"})
    void decodesTernaryBlocks(TensorType type) throws IOException {
        String name = type.name().toLowerCase(java.util.Locale.ROOT);
        float[] expected = TestFiles.goldenFloats(name + ".deq.f32");
        try (ModelFile model = model(type, TestFiles.golden(name + ".q"))) {
            WeightSource.Ternary ternary = model.sources().ternary(NAME, ROWS, COLUMNS);
            byte[] digits = new byte[ROWS * COLUMNS];
            float[] decoded = new float[ROWS * COLUMNS];
            for (int row = 0; row < ROWS; row++) {
                ternary.readDigits(row, digits, row * COLUMNS);
            }
            for (int i = 0; i < decoded.length; i++) {
                decoded[i] = digits[i] * ternary.scale(i / COLUMNS);
            }
            // Minus zero, which a digit 0 below a negative number would give, equals zero here.
            assertThat(decoded).usingComparatorWithPrecision(0f).containsExactly(expected);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TQ1_0", "TQ2_0"})
    void encodesTheSameBytes(TensorType type) throws IOException {
        String name = type.name().toLowerCase(java.util.Locale.ROOT);
        float[] input = TestFiles.goldenFloats("input-ternary.f32");
        byte[] digits = new byte[input.length];
        float scale = 0;
        for (int i = 0; i < input.length; i++) {
            digits[i] = (byte) Math.signum(input[i]);
            scale = Math.max(scale, Math.abs(input[i]));
        }
        byte[] expected = TestFiles.golden(name + ".q");
        byte[] encoded = new byte[expected.length];
        int end = TernaryEncoder.of(type).encode(digits, 0, digits.length, scale, encoded, 0);
        assertThat(end).isEqualTo(expected.length);
        assertThat(encoded).isEqualTo(expected);
        assertThat(TernaryEncoder.of(type).tail(scale)).isEmpty();
    }

    @Test
    void decodesF32AsItIs() throws IOException {
        byte[] bytes = TestFiles.golden("input.f32");
        try (ModelFile model = model(TensorType.F32, bytes)) {
            WeightSource.Floats floats = model.sources().floats(NAME, ROWS, COLUMNS);
            float[] decoded = new float[ROWS * COLUMNS];
            for (int row = 0; row < ROWS; row++) {
                floats.readFloats(row, decoded, row * COLUMNS);
            }
            assertThat(decoded).isEqualTo(TestFiles.goldenFloats("input.f32"));
            assertThat(floats.format()).isEqualTo(WeightSource.FloatFormat.FLOAT32);
            assertThat(floats.name()).isEqualTo(NAME.gguf());
            assertThat(floats.rows()).isEqualTo(ROWS);
            assertThat(floats.columns()).isEqualTo(COLUMNS);
        }
    }
}
