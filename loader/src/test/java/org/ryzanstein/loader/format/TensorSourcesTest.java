package org.ryzanstein.loader.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.progress.ProgressListener;

class TensorSourcesTest {
    private static final TensorName QUERY = TensorName.of(TensorRole.ATTENTION_QUERY);
    private static final TensorName NORM = TensorName.of(TensorRole.OUTPUT_NORM);

    @TempDir
    Path folder;

    private ModelFile gguf(TensorName name, TensorType type, int rows, int columns, byte[] bytes) throws IOException {
        Path path = folder.resolve("model.gguf");
        new GgufWriter()
                .tensor(
                        name.gguf(),
                        type,
                        List.of((long) rows, (long) columns),
                        sink -> sink.write(bytes, 0, bytes.length))
                .write(path, ProgressListener.NONE);
        return ModelFile.open(path);
    }

    private ModelFile hub(String quantization, String header, byte... data) throws IOException {
        SafetensorsBytes.write(folder.resolve("model.safetensors"), "{" + header + "}", data);
        Files.writeString(
                folder.resolve("config.json"), ("{'tie_word_embeddings':true" + quantization + "}").replace('\'', '"'));
        return ModelFile.open(folder);
    }

    private static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    private static byte[] random(int count, long seed) {
        Random random = new Random(seed);
        byte[] digits = new byte[count];
        for (int i = 0; i < count; i++) {
            digits[i] = (byte) (random.nextInt(3) - 1);
        }
        return digits;
    }

    private static byte[] encoded(TernaryEncoder encoder, byte[] digits, float scale) {
        TensorType type = encoder.type();
        byte[] packed = new byte[digits.length / type.blockElements() * type.blockBytes()];
        encoder.encode(digits, 0, digits.length, scale, packed, 0);
        return GgufBytes.join(packed, encoder.tail(scale));
    }

    private static byte[] digits(WeightSource.Ternary ternary) {
        byte[] digits = new byte[ternary.rows() * ternary.columns()];
        for (int row = 0; row < ternary.rows(); row++) {
            ternary.readDigits(row, digits, row * ternary.columns());
        }
        return digits;
    }

    @ParameterizedTest
    @CsvSource({"64,172", "32,100", "128,1", "3,128", "2,192", "1,384"})
    void decodesI2sWhoseRowsBeginInsideABlock(int rows, int columns) throws IOException {
        byte[] digits = random(rows * columns, columns);
        try (ModelFile model =
                gguf(QUERY, TensorType.I2_S, rows, columns, encoded(TernaryEncoder.I2_S, digits, 0.75f))) {
            WeightSource.Ternary ternary = model.sources().ternary(QUERY, rows, columns);
            assertThat(digits(ternary)).isEqualTo(digits);
            assertThat(ternary.scale(rows - 1)).isEqualTo(0.75f);
            assertThat(ternary.name()).isEqualTo(QUERY.gguf());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 64})
    void refusesTheValue3OfI2s(int columns) throws IOException {
        byte[] bytes = encoded(TernaryEncoder.I2_S, random(256, 1), 1);
        bytes[33] |= (byte) 0b1100;
        try (ModelFile model = gguf(QUERY, TensorType.I2_S, 256 / columns, columns, bytes)) {
            WeightSource.Ternary ternary = model.sources().ternary(QUERY, 256 / columns, columns);
            assertThatThrownBy(() -> digits(ternary))
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessageContainingAll("model.gguf", QUERY.gguf() + " row", "the encoded value 3");
        }
    }

    @Test
    void refusesTheValue3OfTq2() throws IOException {
        byte[] bytes = encoded(TernaryEncoder.TQ2_0, random(512, 1), 1);
        bytes[66 + 40] |= 3;
        try (ModelFile model = gguf(QUERY, TensorType.TQ2_0, 2, 256, bytes)) {
            WeightSource.Ternary ternary = model.sources().ternary(QUERY, 2, 256);
            byte[] row = new byte[256];
            ternary.readDigits(0, row, 0);
            assertThatThrownBy(() -> ternary.readDigits(1, row, 0)).hasMessageContaining(QUERY.gguf() + " row 1");
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, -1})
    void refusesScalesThatAreNoMagnitude(float scale) throws IOException {
        for (TernaryEncoder encoder : List.of(TernaryEncoder.I2_S, TernaryEncoder.TQ1_0, TernaryEncoder.TQ2_0)) {
            try (ModelFile model = gguf(QUERY, encoder.type(), 1, 256, encoded(encoder, random(256, 1), scale))) {
                TensorSources sources = model.sources();
                assertThatThrownBy(() -> sources.ternary(QUERY, 1, 256))
                        .hasMessageContainingAll(QUERY.gguf() + " scale", Float.toString(scale));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TQ1_0", "TQ2_0"})
    void refusesBlocksOfDifferentScales(TernaryEncoder encoder) throws IOException {
        byte[] bytes = GgufBytes.join(
                encoded(encoder, random(256, 1), 0.5f),
                encoded(encoder, random(256, 2), 0.5f),
                encoded(encoder, random(256, 3), 0.75f));
        try (ModelFile model = gguf(QUERY, encoder.type(), 3, 256, bytes)) {
            TensorSources sources = model.sources();
            assertThatThrownBy(() -> sources.ternary(QUERY, 3, 256))
                    .hasMessageContainingAll(QUERY.gguf() + " block 2", "scale 0.75", "0.5 as in block 0");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TQ1_0", "TQ2_0"})
    void readsBlocksOfScaleZeroAsZeros(TernaryEncoder encoder) throws IOException {
        byte[] digits = random(256, 2);
        byte[] bytes = GgufBytes.join(
                encoded(encoder, random(256, 1), 0f),
                encoded(encoder, digits, 0.5f),
                encoded(encoder, random(256, 3), -0f));
        try (ModelFile model = gguf(QUERY, encoder.type(), 3, 256, bytes)) {
            WeightSource.Ternary ternary = model.sources().ternary(QUERY, 3, 256);
            assertThat(ternary.scale(0)).isEqualTo(0.5f);
            assertThat(digits(ternary)).isEqualTo(GgufBytes.join(new byte[256], digits, new byte[256]));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TQ1_0", "TQ2_0", "I2_S", "F16", "F32"})
    void readsAMatrixOfZeros(TernaryEncoder encoder) throws IOException {
        try (ModelFile model = gguf(QUERY, encoder.type(), 2, 256, encoded(encoder, new byte[512], 0f))) {
            WeightSource.Ternary ternary = model.sources().ternary(QUERY, 2, 256);
            assertThat(ternary.scale(0)).isZero();
            assertThat(digits(ternary)).containsOnly(0);
        }
    }

    @Test
    void readsFloatsThatAreTernaryAlready() throws IOException {
        try (ModelFile model = gguf(QUERY, TensorType.F32, 2, 3, floats(0, -0.3f, 0.3f, -0f, 0.3f, 0))) {
            WeightSource.Ternary ternary = model.sources().ternary(QUERY, 2, 3);
            assertThat(ternary.scale(1)).isEqualTo(0.3f);
            assertThat(digits(ternary)).containsExactly(0, -1, 1, 0, 1, 0);
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {0.25f, -0.30000004f, Float.NaN, Float.POSITIVE_INFINITY, Float.MIN_VALUE})
    void refusesOtherFloatsInAGguf(float value) throws IOException {
        try (ModelFile model = gguf(QUERY, TensorType.F32, 2, 3, floats(0, -0.3f, 0.3f, -0f, value, 0))) {
            WeightSource.Ternary ternary = model.sources().ternary(QUERY, 2, 3);
            assertThatThrownBy(() -> digits(ternary))
                    .hasMessageContainingAll(QUERY.gguf() + " row 1", value + " in column 1", "-0.3, 0 or 0.3");
        }
    }

    @Test
    void quantisesMasterWeightsByTheirMean() throws IOException {
        // The mean magnitude is 1: halves round to zero, what lies beyond them to one.
        float above = Math.nextUp(0.5f);
        byte[] data = floats(0.5f, -0.5f, above, -above, 1.5f, -3.5f, 0.5f, -0.5f);
        String header = "'" + QUERY.hub() + "':{'dtype':'F32','shape':[2,4],'data_offsets':[0,32]}";
        try (ModelFile model = hub("", header, data)) {
            WeightSource.Ternary ternary = model.sources().ternary(QUERY, 2, 4);
            assertThat(ternary.scale(0)).isEqualTo(1f);
            assertThat(digits(ternary)).containsExactly(0, 0, 1, -1, 1, -1, 0, 0);
        }
        try (ModelFile model = hub("", header, floats(0, 0, 0, 0, 0, 0, 0, 1e-6f))) {
            assertThat(model.sources().ternary(QUERY, 2, 4).scale(0)).isEqualTo(1e-5f);
        }
        try (ModelFile model = hub("", header, floats(0, 0, 0, 0, 0, Float.NaN, 0, 0))) {
            TensorSources sources = model.sources();
            assertThatThrownBy(() -> sources.ternary(QUERY, 2, 4))
                    .hasMessageContainingAll(QUERY.hub() + " row 1", "not finite");
        }
        try (ModelFile model =
                hub(",'quantization_config':{'quant_method':'bitnet','quantization_mode':'offline'}", header, data)) {
            TensorSources sources = model.sources();
            assertThatThrownBy(() -> sources.ternary(QUERY, 2, 4)).hasMessageContaining("quantization_mode offline");
        }
    }

    /** Rows 0 to 4 of two columns, packed by hand: two packed rows, of which the last hold padding. */
    private static final byte[] PACKED = {
        // row 0, 2 and 4 in the first: digits (-1 0), (1 1), (0 -1); row 1 and 3 in the second: (1 -1), (0 1)
        (byte) (0 | 2 << 2 | 1 << 4), (byte) (1 | 2 << 2 | 0 << 4), (byte) (2 | 1 << 2), (byte) (0 | 2 << 2)
    };

    private static final String PACKED_HEADER =
            "'" + QUERY.hub() + "':{'dtype':'U8','shape':[2,2],'data_offsets':[0,4]},'" + QUERY.hub()
                    + "_scale':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}";

    private static String config(String fields) {
        return ",'quantization_config':{'quant_method':'bitnet'" + fields + "}";
    }

    @Test
    void readsPackedRowsOfWhateverNumber() throws IOException {
        byte[] data = GgufBytes.join(PACKED, floats(0.5f));
        try (ModelFile model = hub(config(",'linear_class':'autobitlinear'"), PACKED_HEADER, data)) {
            TensorSources sources = model.sources();
            WeightSource.Ternary ternary = sources.ternary(QUERY, 5, 2);
            assertThat(digits(ternary)).containsExactly(-1, 0, 1, -1, 1, 1, 0, 1, 0, -1);
            assertThat(ternary.scale(4)).isEqualTo(0.5f);
            assertThat(sources.refuseUnclaimed()).isEmpty();
        }
    }

    @Test
    void dividesByTheScaleUnlessToldToMultiply() throws IOException {
        byte[] data = GgufBytes.join(PACKED, floats(0.5f));
        try (ModelFile model = hub(config(""), PACKED_HEADER, data)) {
            assertThat(model.sources().ternary(QUERY, 5, 2).scale(0)).isEqualTo(2f);
        }
        try (ModelFile model =
                hub(config(",'linear_class':'bitlinear','quantization_mode':'offline'"), PACKED_HEADER, data)) {
            assertThat(model.sources().ternary(QUERY, 5, 2).scale(0)).isEqualTo(2f);
        }
    }

    @Test
    void refusesPackedWeightsThatMakeNoSense() throws IOException {
        byte[] data = GgufBytes.join(PACKED, floats(0.5f));
        try (ModelFile model = hub("", PACKED_HEADER, data)) {
            TensorSources sources = model.sources();
            assertThatThrownBy(() -> sources.ternary(QUERY, 5, 2)).hasMessageContaining("quantization_config");
        }
        try (ModelFile model = hub(config(",'quantization_mode':'online'"), PACKED_HEADER, data)) {
            TensorSources sources = model.sources();
            assertThatThrownBy(() -> sources.ternary(QUERY, 5, 2)).hasMessageContaining("quantization_mode online");
        }
        try (ModelFile model = hub(config(""), PACKED_HEADER, data)) {
            TensorSources sources = model.sources();
            assertThatThrownBy(() -> sources.ternary(QUERY, 9, 2)).hasMessageContainingAll("shape [2, 2]", "[3, 2]");
        }
        try (ModelFile model = hub(config(""), PACKED_HEADER.replace("[1]", "[1,1]"), data)) {
            assertThat(model.sources().ternary(QUERY, 5, 2).scale(0)).isEqualTo(2f);
        }
        for (float scale : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
            try (ModelFile model = hub(config(""), PACKED_HEADER, GgufBytes.join(PACKED, floats(scale)))) {
                TensorSources sources = model.sources();
                assertThatThrownBy(() -> sources.ternary(QUERY, 5, 2))
                        .hasMessageContainingAll(QUERY.hub() + "_scale", Float.toString(scale));
            }
        }
        try (ModelFile model = hub(config(""), PACKED_HEADER.replace("F32", "I32"), data)) {
            TensorSources sources = model.sources();
            assertThatThrownBy(() -> sources.ternary(QUERY, 5, 2))
                    .hasMessageContaining("_scale: found I32 of shape [1]");
        }
        try (ModelFile model = hub(config(""), PACKED_HEADER.replace("_scale", "_other"), data)) {
            TensorSources sources = model.sources();
            assertThatThrownBy(() -> sources.ternary(QUERY, 5, 2)).hasMessageContaining("_scale: found no such tensor");
        }
        byte[] wrong = data.clone();
        wrong[0] |= 3;
        try (ModelFile model = hub(config(""), PACKED_HEADER, wrong)) {
            WeightSource.Ternary ternary = model.sources().ternary(QUERY, 5, 2);
            assertThatThrownBy(() -> digits(ternary)).hasMessageContainingAll(QUERY.hub() + " row 0", "value 3");
        }
    }

    @Test
    void refusesMissingTensorsShapesAndTypesByName() throws IOException {
        try (ModelFile model = gguf(QUERY, TensorType.Q8_0, 2, 32, new byte[68])) {
            TensorSources sources = model.sources();
            assertThat(sources.has(QUERY)).isTrue();
            assertThat(sources.has(NORM)).isFalse();
            assertThatThrownBy(() -> sources.floats(NORM, 1, 32))
                    .hasMessageContainingAll("model.gguf", "output_norm.weight: found no such tensor");
            assertThatThrownBy(() -> sources.floats(QUERY, 2, 32)).hasMessageContaining("type Q8_0");
            assertThatThrownBy(() -> sources.ternary(QUERY, 2, 64))
                    .hasMessageContainingAll(QUERY.gguf(), "found shape [2, 32]", "expected [2, 64]");
            assertThatThrownBy(() -> sources.ternary(QUERY, 2, 32))
                    .hasMessageContainingAll("type Q8_0", "TQ1_0, TQ2_0, I2_S");
        }
    }

    @Test
    void readsVectorsOfOneOrTwoDimensions() throws IOException {
        byte[] bytes = floats(1, 2, 3);
        try (ModelFile model = gguf(NORM, TensorType.F32, 1, 3, bytes)) {
            assertThat(model.sources().vector(NORM, 3)).containsExactly(1, 2, 3);
            TensorSources sources = model.sources();
            assertThatThrownBy(() -> sources.vector(NORM, 4)).hasMessageContaining("expected [4]");
        }
        try (ModelFile model =
                hub("", "'" + NORM.hub() + "':{'dtype':'F32','shape':[3],'data_offsets':[0,12]}", bytes)) {
            assertThat(model.sources().vector(NORM, 3)).containsExactly(1, 2, 3);
        }
    }

    @Test
    void readsTheSameAfterPagesWereReleased() throws IOException {
        try (ModelFile model = gguf(NORM, TensorType.F32, 1, 3, floats(1, 2, 3))) {
            TensorSources sources = model.sources();
            WeightSource.Floats norm = sources.floats(NORM, 1, 3);
            for (int i = 0; i < 3; i++) {
                float[] values = new float[3];
                norm.readFloats(0, values, 0);
                assertThat(values).containsExactly(1, 2, 3);
                sources.releasePages();
            }
        }
    }

    @Test
    void checksIndexes() throws IOException {
        try (ModelFile model = gguf(QUERY, TensorType.F32, 2, 3, floats(0, 1, -1, 0, 1, 0))) {
            WeightSource.Ternary ternary = model.sources().ternary(QUERY, 2, 3);
            WeightSource.Floats floats = model.sources().floats(QUERY, 2, 3);
            assertThatThrownBy(() -> ternary.readDigits(2, new byte[3], 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> ternary.readDigits(0, new byte[3], 1))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> ternary.scale(-1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> floats.readFloats(-1, new float[3], 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> floats.readFloats(0, new float[2], 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void mergesRowsAndKeepsTheirScales() throws IOException {
        String header = "'" + QUERY.hub() + "':{'dtype':'F32','shape':[2,2],'data_offsets':[0,16]},'"
                + TensorName.of(TensorRole.ATTENTION_KEY).hub()
                + "':{'dtype':'F32','shape':[1,2],'data_offsets':[16,24]}";
        try (ModelFile model = hub("", header, floats(1, -1, 1, 1, -2, 2))) {
            TensorSources sources = model.sources();
            WeightSource.Ternary query = sources.ternary(QUERY, 2, 2);
            WeightSource.Ternary key = sources.ternary(TensorName.of(TensorRole.ATTENTION_KEY), 1, 2);
            WeightSource.Ternary merged = TensorSources.merged(List.of(query, key));
            assertThat(merged.rows()).isEqualTo(3);
            assertThat(merged.columns()).isEqualTo(2);
            assertThat(digits(merged)).containsExactly(1, -1, 1, 1, -1, 1);
            assertThat(merged.scale(1)).isEqualTo(1f);
            assertThat(merged.scale(2)).isEqualTo(2f);
            assertThat(merged.name()).isEqualTo(query.name() + "+" + key.name());
            assertThatThrownBy(() -> merged.scale(3)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> TensorSources.merged(List.of())).isInstanceOf(IllegalArgumentException.class);
        }
        try (ModelFile model = gguf(QUERY, TensorType.F32, 1, 1, floats(1))) {
            WeightSource.Ternary narrow = model.sources().ternary(QUERY, 1, 1);
            try (ModelFile other = hub("", header, floats(1, -1, 1, 1, -2, 2))) {
                WeightSource.Ternary wide = other.sources().ternary(QUERY, 2, 2);
                assertThatThrownBy(() -> TensorSources.merged(List.of(wide, narrow)))
                        .hasMessageContaining("has 1 columns");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rope_freqs.weight", "blk.0.attn_q.bias", "blk.7.attn_q.weight", "anything"})
    void refusesTensorsThatNobodyAskedFor(String name) throws IOException {
        Path path = folder.resolve("model.gguf");
        new GgufWriter()
                .tensor(NORM.gguf(), TensorType.F32, List.of(1L), sink -> sink.write(new byte[4], 0, 4))
                .tensor(name, TensorType.F32, List.of(1L), sink -> sink.write(new byte[4], 0, 4))
                .tensor("zzz", TensorType.F32, List.of(1L), sink -> sink.write(new byte[4], 0, 4))
                .write(path, ProgressListener.NONE);
        try (ModelFile model = ModelFile.open(path)) {
            TensorSources sources = model.sources();
            sources.vector(NORM, 1);
            assertThatThrownBy(sources::refuseUnclaimed)
                    .hasMessageContainingAll(name + ": found a tensor (and 1 more)");
        }
    }

    @Test
    void listsTensorsThatChangeNothing() throws IOException {
        String header = "'" + NORM.hub() + "':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
                + "'lm_head.weight':{'dtype':'F32','shape':[1],'data_offsets':[4,8]},"
                + "'model.layers.0.self_attn.rotary_emb.inv_freq':{'dtype':'F32','shape':[1],'data_offsets':[8,12]}";
        try (ModelFile model = hub("", header, new byte[12])) {
            TensorSources sources = model.sources();
            sources.vector(NORM, 1);
            assertThat(sources.refuseUnclaimed())
                    .containsExactly("lm_head.weight", "model.layers.0.self_attn.rotary_emb.inv_freq");
        }
    }

    @Test
    void namesTensorsInBothWays() {
        TensorName down = TensorName.of(TensorRole.FEED_FORWARD_DOWN, 12);
        assertThat(down.gguf()).isEqualTo("blk.12.ffn_down.weight");
        assertThat(down.hub()).isEqualTo("model.layers.12.mlp.down_proj.weight");
        assertThat(TensorName.of(TensorRole.OUTPUT).hub()).isEqualTo("lm_head.weight");
        assertThatThrownBy(() -> TensorName.of(TensorRole.OUTPUT, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TensorName.of(TensorRole.ATTENTION_KEY, -1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesToEncodeWhatIsNotWhole() {
        assertThatThrownBy(() -> TernaryEncoder.of(TensorType.Q4_K))
                .hasMessageContaining("Q4_K holds no ternary weights");
        assertThatThrownBy(() -> TernaryEncoder.TQ1_0.encode(new byte[128], 0, 128, 1, new byte[54], 0))
                .hasMessageContaining("128 digits are no whole blocks of 256");
    }
}
