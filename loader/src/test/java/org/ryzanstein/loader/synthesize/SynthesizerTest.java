package org.ryzanstein.loader.synthesize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.format.AllocationMeter;
import org.ryzanstein.loader.format.GgufFile;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.progress.ProgressListener;

class SynthesizerTest {
    private static final TensorName DOWN = TensorName.of(TensorRole.FEED_FORWARD_DOWN, 3);

    @TempDir
    Path folder;

    private Path write(String name, TensorType type, TensorType head, long seed) throws IOException {
        Path path = folder.resolve(name);
        Synthesizer.write(path, Shape.BITNET_TINY_LONG, type, head, seed, ProgressListener.NONE);
        return path;
    }

    private static byte[] digits(WeightSource.Ternary ternary) {
        byte[] digits = new byte[ternary.rows() * ternary.columns()];
        for (int row = 0; row < ternary.rows(); row++) {
            ternary.readDigits(row, digits, row * ternary.columns());
        }
        return digits;
    }

    @Test
    void theSameSeedGivesTheSameBytes() throws IOException {
        Path first = write("first", TensorType.TQ1_0, TensorType.F16, 7);
        assertThat(write("second", TensorType.TQ1_0, TensorType.F16, 7)).hasSameBinaryContentAs(first);
        assertThat(Files.mismatch(first, write("third", TensorType.TQ1_0, TensorType.F16, 8)))
                .isNotNegative();
    }

    @ParameterizedTest
    @EnumSource(names = {"TQ1_0", "TQ2_0", "I2_S", "F16"})
    void everyTypeHoldsTheSameWeights(TensorType type) throws IOException {
        try (ModelFile expected = ModelFile.open(write("expected", TensorType.I2_S, TensorType.F32, 1));
                ModelFile found = ModelFile.open(write("found", type, TensorType.F16, 1))) {
            Hyperparameters shape = found.hyperparameters();
            assertThat(shape.contextLength()).isEqualTo(4096);
            WeightSource.Ternary first = expected.sources().ternary(DOWN, 256, 768);
            WeightSource.Ternary second = found.sources().ternary(DOWN, 256, 768);
            assertThat(digits(second)).isEqualTo(digits(first));
            assertThat(second.scale(0))
                    .isEqualTo(first.scale(0))
                    .isCloseTo(0.3f / (float) Math.sqrt(512), within(1e-5f));
            float[] one = new float[256];
            float[] other = new float[256];
            TensorName head = TensorName.of(TensorRole.TOKEN_EMBEDDING);
            expected.sources().floats(head, 2048, 256).readFloats(2047, one, 0);
            found.sources().floats(head, 2048, 256).readFloats(2047, other, 0);
            assertThat(other).isEqualTo(one);
        }
    }

    @Test
    void digitsAreUniformAndRowsDiffer() throws IOException {
        try (ModelFile model = ModelFile.open(write("model", TensorType.TQ2_0, TensorType.F16, 1))) {
            byte[] digits = digits(model.sources().ternary(DOWN, 256, 768));
            for (int digit = -1; digit <= 1; digit++) {
                long count = 0;
                for (byte found : digits) {
                    count += found == digit ? 1 : 0;
                }
                assertThat(count / (double) digits.length).isCloseTo(1 / 3.0, within(0.01));
            }
            Set<String> rows = new HashSet<>();
            for (int row = 0; row < 256; row++) {
                rows.add(new String(digits, row * 768, 768, java.nio.charset.StandardCharsets.ISO_8859_1));
            }
            assertThat(rows).hasSize(256);
            for (float weight : model.sources().vector(TensorName.of(TensorRole.OUTPUT_NORM), 256)) {
                assertThat(weight).isBetween(0.9f, 1.1f);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyMergeJoinsTwoEarlierTokens(Shape shape) {
        DummyVocabulary vocabulary = new DummyVocabulary(
                shape.plainTokens(), shape.specialTokens(), shape.family().specialTokens());
        List<String> tokens = vocabulary.tokens();
        assertThat(tokens).hasSize(shape.vocabularySize()).doesNotHaveDuplicates();
        assertThat(vocabulary.merges()).hasSize(shape.plainTokens() - 256).doesNotHaveDuplicates();
        Set<String> earlier = new HashSet<>(tokens.subList(0, 256));
        for (int i = 0; i < vocabulary.merges().size(); i++) {
            String[] parts = vocabulary.merges().get(i).split(" ", -1);
            assertThat(parts).hasSize(2);
            assertThat(earlier.contains(parts[0]) && earlier.contains(parts[1])).isTrue();
            String joined = parts[0] + parts[1];
            assertThat(joined).isEqualTo(tokens.get(256 + i));
            earlier.add(joined);
        }
        List<String> special = shape.family().specialTokens();
        for (int i = 0; i < special.size(); i++) {
            assertThat(vocabulary.special(special.get(i))).isEqualTo(shape.plainTokens() + i);
        }
        assertThatThrownBy(() -> vocabulary.special("a")).hasMessageContaining("no special token a");
        assertThat(vocabulary.types()[shape.plainTokens() - 1]).isEqualTo(1);
        assertThat(vocabulary.types()[shape.plainTokens()]).isEqualTo(3);
    }

    @Test
    void byteTokensAreThoseOfTheEmbeddedModel() throws IOException {
        Path embedded = Path.of(System.getProperty("basedir", "."))
                .resolve("src/main/resources/org/ryzanstein/loader/model/bitnet-tiny-i2_s.gguf");
        try (GgufFile file = GgufFile.open(embedded)) {
            List<String> tokens =
                    file.metadata().strings("tokenizer.ggml.tokens").orElseThrow();
            assertThat(tokens).containsAll(new DummyVocabulary(256, 0, List.of()).tokens());
        }
    }

    @Test
    void writesWithLittleMemory() throws Exception {
        write("warm", TensorType.F16, TensorType.F32, 1);
        AllocationMeter meter = new AllocationMeter();
        long before = meter.bytes();
        Path path = write("model", TensorType.F16, TensorType.F32, 1);
        long allocated = meter.bytes() - before;
        assertThat(Files.size(path)).isGreaterThan(8_000_000);
        // Buffers and the vocabulary; weights would be twice that in bytes alone.
        assertThat(allocated).isLessThan(Files.size(path));
    }

    @Test
    void reportsItsProgress() throws IOException {
        AtomicLong last = new AtomicLong();
        AtomicLong whole = new AtomicLong();
        Synthesizer.write(
                folder.resolve("model"),
                Shape.BITNET_TINY_LONG,
                TensorType.TQ2_0,
                TensorType.F16,
                1,
                (stage, done, total) -> {
                    last.set(done);
                    whole.set(total);
                });
        assertThat(last).hasValue(whole.get());
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "Q8_0", "Q4_0", "Q4_K", "Q6_K", "TQ1_0", "TQ2_0", "I2_S"})
    void anOrdinaryModelHasWeightsOfUnitGain(TensorType type) throws IOException {
        Path path = folder.resolve("model");
        Synthesizer.write(path, Shape.QWEN3_TINY, type, TensorType.Q8_0, 1, ProgressListener.NONE);
        try (ModelFile model = ModelFile.open(path)) {
            assertThat(model.architecture()).isEqualTo("qwen3");
            assertThat(model.hyperparameters().headDim()).isEqualTo(128);
            WeightSource query = model.sources().matrix(TensorName.of(TensorRole.ATTENTION_QUERY, 2), 512, 256);
            double squares = 0;
            float[] row = new float[256];
            byte[] digits = new byte[256];
            for (int i = 0; i < 512; i++) {
                switch (query) {
                    case WeightSource.Floats floats -> floats.readFloats(i, row, 0);
                    case WeightSource.Blocks blocks -> blocks.readFloats(i, row, 0);
                    case WeightSource.Ternary ternary -> {
                        ternary.readDigits(i, digits, 0);
                        for (int k = 0; k < 256; k++) {
                            row[k] = digits[k] * ternary.scale(i);
                        }
                    }
                }
                for (float value : row) {
                    squares += value * value;
                }
            }
            assertThat(squares / 512).isCloseTo(1, within(0.02));
        }
    }

    @Test
    void refusesShapesAndTypesThatItDoesNotKnow() {
        assertThat(Shape.of("bitnet-2b-4t")).isEqualTo(Shape.BITNET_2B_4T);
        assertThatThrownBy(() -> Shape.of("gpt-5"))
                .hasMessageContainingAll("gpt-5", "bitnet-2b-4t-short", "bitnet-tiny-long");
        Path target = folder.resolve("model");
        assertThatThrownBy(() -> Synthesizer.write(
                        target, Shape.BITNET_TINY_LONG, TensorType.Q4_K, TensorType.F16, 1, ProgressListener.NONE))
                .hasMessageContaining("Q4_K");
        assertThatThrownBy(() -> Synthesizer.write(
                        target, Shape.LLAMA_TINY, TensorType.I8, TensorType.F16, 1, ProgressListener.NONE))
                .hasMessageContaining("I8 is not written");
        assertThatThrownBy(() -> Synthesizer.write(
                        target, Shape.BITNET_TINY_LONG, TensorType.I2_S, TensorType.Q4_0, 1, ProgressListener.NONE))
                .hasMessageContaining("head of type Q4_0");
        assertThatThrownBy(() -> new DummyVocabulary(1_000_000, 0, List.of())).hasMessageContaining("1000000 tokens");
        assertThat(target).doesNotExist();
    }
}
