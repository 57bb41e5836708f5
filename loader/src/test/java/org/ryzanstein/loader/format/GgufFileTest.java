package org.ryzanstein.loader.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufFileTest {
    private static final int UINT8 = 0;
    private static final int UINT32 = 4;
    private static final int FLOAT32 = 6;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    private static final int UINT64 = 10;
    private static final int F32 = 0;

    @TempDir
    Path folder;

    private void refuses(GgufBytes file, String... parts) {
        assertThatThrownBy(() -> file.open(folder).close())
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("model.gguf")
                .hasMessageContainingAll(parts);
    }

    @Test
    void readsTheEmbeddedModel() {
        try (GgufFile file = GgufFile.open(TestFiles.I2S)) {
            assertThat(file.version()).isEqualTo(3);
            assertThat(file.architecture()).isEqualTo("bitnet-b1.58");
            assertThat(file.alignment()).isEqualTo(32);
            assertThat(file.tensors()).hasSize(46);
            assertThat(file.tensors().keySet()).startsWith("token_embd.weight", "output_norm.weight");
            assertThat(file.metadata().strings("tokenizer.ggml.tokens"))
                    .get()
                    .satisfies(tokens -> assertThat(tokens).hasSize(2048));
            TensorInfo gate = TestFiles.tensor(file, "blk.0.ffn_gate.weight");
            assertThat(gate.type()).isEqualTo(TensorType.I2_S);
            assertThat(gate.shape()).containsExactly(768L, 256L);
            assertThat(gate.bytes()).isEqualTo(768 * 256 / 4 + 32);
            assertThat(gate.offset() % 32).isZero();
        }
    }

    @Test
    void readsEveryTypeOfValue() throws IOException {
        GgufBytes bytes = new GgufBytes()
                .version(2)
                .pair("u8", UINT8, new byte[] {(byte) 200})
                .pair("i8", 1, new byte[] {(byte) 200})
                .pair("u16", 2, GgufBytes.int16(60_000))
                .pair("i16", 3, GgufBytes.int16(60_000))
                .pair("u32", UINT32, GgufBytes.int32(-2))
                .pair("i32", 5, GgufBytes.int32(-2))
                .pair("f32", FLOAT32, GgufBytes.int32(Float.floatToIntBits(1.5f)))
                .pair("bool", BOOL, new byte[] {1})
                .pair("text", STRING, GgufBytes.text("grüße"))
                .pair("u64", UINT64, GgufBytes.int64(7))
                .pair("huge", UINT64, GgufBytes.int64(-1))
                .pair("i64", 11, GgufBytes.int64(-7))
                .pair("f64", 12, GgufBytes.int64(Double.doubleToLongBits(2.5)))
                .pair(
                        "texts",
                        ARRAY,
                        GgufBytes.int32(STRING),
                        GgufBytes.int64(2),
                        GgufBytes.text("a"),
                        GgufBytes.text(""))
                .pair("u8s", ARRAY, GgufBytes.int32(UINT8), GgufBytes.int64(2), new byte[] {1, -1})
                .pair("i8s", ARRAY, GgufBytes.int32(1), GgufBytes.int64(2), new byte[] {1, -1})
                .pair("u16s", ARRAY, GgufBytes.int32(2), GgufBytes.int64(1), GgufBytes.int16(-1))
                .pair("i16s", ARRAY, GgufBytes.int32(3), GgufBytes.int64(1), GgufBytes.int16(-1))
                .pair("u32s", ARRAY, GgufBytes.int32(UINT32), GgufBytes.int64(1), GgufBytes.int32(-1))
                .pair("i32s", ARRAY, GgufBytes.int32(5), GgufBytes.int64(1), GgufBytes.int32(-1))
                .pair("u64s", ARRAY, GgufBytes.int32(UINT64), GgufBytes.int64(1), GgufBytes.int64(-1))
                .pair("i64s", ARRAY, GgufBytes.int32(11), GgufBytes.int64(1), GgufBytes.int64(-1))
                .pair(
                        "f32s",
                        ARRAY,
                        GgufBytes.int32(FLOAT32),
                        GgufBytes.int64(1),
                        GgufBytes.int32(Float.floatToIntBits(-0.5f)))
                .pair(
                        "f64s",
                        ARRAY,
                        GgufBytes.int32(12),
                        GgufBytes.int64(1),
                        GgufBytes.int64(Double.doubleToLongBits(0.25)))
                .pair("bools", ARRAY, GgufBytes.int32(BOOL), GgufBytes.int64(2), new byte[] {0, 1});
        try (GgufFile file = bytes.open(folder)) {
            assertThat(file.version()).isEqualTo(2);
            GgufMetadata metadata = file.values();
            assertThat(metadata.integer("u8")).hasValue(200);
            assertThat(metadata.integer("i8")).hasValue(-56);
            assertThat(metadata.integer("u16")).hasValue(60_000);
            assertThat(metadata.integer("i16")).hasValue(-5_536);
            assertThat(metadata.integer("u32")).hasValue(4_294_967_294L);
            assertThat(metadata.integer("i32")).hasValue(-2);
            assertThat(metadata.integer("u64")).hasValue(7);
            assertThat(metadata.integer("i64")).hasValue(-7);
            assertThat(metadata.real("f32")).hasValue(1.5);
            assertThat(metadata.real("f64")).hasValue(2.5);
            assertThat(metadata.bool("bool")).contains(true);
            assertThat(metadata.string("text")).contains("grüße");
            assertThat(metadata.strings("texts")).contains(List.of("a", ""));
            assertThat(metadata.integers("u8s")).get().isEqualTo(new int[] {1, 255});
            assertThat(metadata.integers("i8s")).get().isEqualTo(new int[] {1, -1});
            assertThat(metadata.integers("u16s")).get().isEqualTo(new int[] {65_535});
            assertThat(metadata.integers("i16s")).get().isEqualTo(new int[] {-1});
            assertThat(metadata.integers("i32s")).get().isEqualTo(new int[] {-1});
            assertThat(metadata.integers("i64s")).get().isEqualTo(new int[] {-1});
            assertThat(metadata.reals("f32s")).get().isEqualTo(new float[] {-0.5f});
            assertThatThrownBy(() -> metadata.integer("huge")).hasMessageContaining("18446744073709551615");
            assertThatThrownBy(() -> metadata.integers("u32s")).hasMessageContainingAll("u32s[0]", "4294967295");
            assertThatThrownBy(() -> metadata.integers("u64s")).hasMessageContaining("u64s[0]");
            assertThat(metadata.text("bools", 8)).isEqualTo("[false, true]");
            assertThat(metadata.text("f32s", 8)).isEqualTo("[-0.5]");
            assertThat(metadata.text("f64s", 8)).isEqualTo("[0.25]");
            assertThat(metadata.text("u64s", 8)).isEqualTo("[18446744073709551615]");
            assertThat(metadata.text("u8s", 1)).isEqualTo("[1, ... 2 in all]");
            assertThat(metadata.text("texts", 1)).isEqualTo("[a, ... 2 in all]");
            assertThat(metadata.text("huge", 1)).isEqualTo("18446744073709551615");
            assertThat(metadata.text("f32", 1)).isEqualTo("1.5");
            assertThat(metadata.text("f64", 1)).isEqualTo("2.5");
            assertThat(metadata.text("bool", 1)).isEqualTo("true");
            assertThat(metadata.text("none", 1)).isEmpty();
            assertThat(metadata.typeText("u8s")).isEqualTo("array of uint8");
            assertThat(metadata.typeText("none")).isEqualTo("nothing");
            assertThat(metadata.integer("none")).isEmpty();
            assertThat(metadata.real("none")).isEmpty();
            assertThat(metadata.bool("none")).isEmpty();
            assertThat(metadata.string("none")).isEmpty();
            assertThat(metadata.strings("none")).isEmpty();
            assertThat(metadata.integers("none")).isEmpty();
            assertThat(metadata.reals("none")).isEmpty();
        }
    }

    @Test
    void refusesAValueOfAnotherType() throws IOException {
        GgufBytes bytes = new GgufBytes()
                .pair("text", STRING, GgufBytes.text("x"))
                .pair("texts", ARRAY, GgufBytes.int32(STRING), GgufBytes.int64(0));
        try (GgufFile file = bytes.open(folder)) {
            Metadata metadata = file.metadata();
            assertThatThrownBy(() -> metadata.integer("text"))
                    .hasMessageContainingAll("text: found string", "an integer");
            assertThatThrownBy(() -> metadata.real("text")).hasMessageContainingAll("text: found string", "float32");
            assertThatThrownBy(() -> metadata.bool("text")).hasMessageContainingAll("text: found string", "bool");
            assertThatThrownBy(() -> metadata.strings("text")).hasMessageContainingAll("text: found string", "array");
            assertThatThrownBy(() -> metadata.integers("texts")).hasMessageContaining("found array of string");
            assertThatThrownBy(() -> metadata.reals("texts")).hasMessageContaining("found array of string");
            assertThatThrownBy(() -> metadata.string("texts")).hasMessageContaining("found array of string");
        }
    }

    @Test
    void keepsStringsThatAreNoUtf8WithReplacements() throws IOException {
        byte[] broken = GgufBytes.join(GgufBytes.int64(3), new byte[] {'a', (byte) 0xFF, 'b'});
        try (GgufFile file = new GgufBytes().pair("text", STRING, broken).open(folder)) {
            assertThat(file.metadata().string("text")).contains("a\uFFFDb");
        }
    }

    @Test
    void readsStringsLongerThanItsBuffer() throws IOException {
        String text = "x".repeat(5_000);
        try (GgufFile file =
                new GgufBytes().pair("text", STRING, GgufBytes.text(text)).open(folder)) {
            assertThat(file.metadata().string("text")).contains(text);
        }
    }

    @Test
    void opensAVocabularyWithoutTensorsOrPadding() throws IOException {
        byte[] bytes = new GgufBytes().pair("a", UINT8, new byte[] {1}).bytes();
        Path path = Files.write(folder.resolve("v.gguf"), java.util.Arrays.copyOf(bytes, 24 + 8 + 1 + 4 + 1));
        try (GgufFile file = GgufFile.open(path)) {
            assertThat(file.tensors()).isEmpty();
            assertThatThrownBy(file::architecture).hasMessageContainingAll("general.architecture", "found nothing");
        }
    }

    @Test
    void readsShapesWithTheRowsFirst() throws IOException {
        GgufBytes bytes = new GgufBytes()
                .pair("general.alignment", UINT32, GgufBytes.int32(8))
                .tensor("t", F32, 8, 2, 3, 4)
                .tensor("u", 24, 0, 5)
                .data(new byte[8 + 96]);
        // The padding of the builder is a multiple of 32, and so one of 8 as well; the header must end on it.
        try (GgufFile file = padded(bytes, 8)) {
            assertThat(file.alignment()).isEqualTo(8);
            assertThat(TestFiles.tensor(file, "t").shape()).containsExactly(4L, 3L, 2L);
            assertThat(TestFiles.tensor(file, "t").elements()).isEqualTo(24);
            assertThat(TestFiles.tensor(file, "t").shapeText()).isEqualTo("[4, 3, 2]");
            assertThat(TestFiles.tensor(file, "u").bytes()).isEqualTo(5);
        }
    }

    /** Extends the file, since with a smaller alignment the data begins earlier than the builder puts it. */
    private GgufFile padded(GgufBytes bytes, int alignment) throws IOException {
        byte[] file = bytes.bytes();
        return GgufFile.open(
                Files.write(folder.resolve("padded.gguf"), java.util.Arrays.copyOf(file, file.length + alignment)));
    }

    @Test
    void unmapsOnClose() throws IOException {
        GgufFile file =
                new GgufBytes().tensor("t", F32, 0, 8).data(new byte[32]).open(folder);
        TensorInfo tensor = TestFiles.tensor(file, "t");
        file.close();
        file.close();
        assertThatThrownBy(() -> tensor.data().get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void refusesAPathWithoutAFile() {
        assertThatThrownBy(() -> GgufFile.open(folder.resolve("none.gguf")))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("none.gguf", "no such file");
        assertThatThrownBy(() -> GgufFile.open(folder)).hasMessageContaining("a directory");
    }

    @Test
    void refusesAFileThatIsTooShortForAHeader() throws IOException {
        Path path = Files.write(folder.resolve("short.gguf"), new byte[] {'G', 'G', 'U', 'F'});
        assertThatThrownBy(() -> GgufFile.open(path)).hasMessageContainingAll("short.gguf", "header", "4 bytes");
    }

    @Test
    void refusesAnotherMagic() {
        refuses(new GgufBytes().magic(0x67676D6C), "magic", "0x6c6d6767");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, -1})
    void refusesAnotherVersion(int version) {
        refuses(new GgufBytes().version(version), "version", Integer.toUnsignedString(version), "2 or 3");
    }

    @Test
    void refusesBigEndianByName() {
        refuses(new GgufBytes().version(3 << 24), "big-endian file of version 3");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 1_000, Long.MAX_VALUE, -1})
    void refusesCountsThatTheFileCannotHold(long count) {
        refuses(new GgufBytes().tensorCount(count), "tensor count", Long.toUnsignedString(count));
        refuses(new GgufBytes().pairCount(count), "metadata count", Long.toUnsignedString(count));
    }

    @ParameterizedTest
    @ValueSource(longs = {100, 1L << 40, Long.MIN_VALUE, -1})
    void refusesLengthsBeyondTheFile(long length) {
        refuses(new GgufBytes().pair("k", STRING, GgufBytes.int64(length)), "k:", Long.toUnsignedString(length));
        refuses(
                new GgufBytes().pair("k", ARRAY, GgufBytes.int32(UINT32), GgufBytes.int64(length)),
                "k:",
                Long.toUnsignedString(length));
    }

    @Test
    void refusesNamesThatAreEmptyOrNoUtf8OrTooLong() {
        refuses(new GgufBytes().pair("", UINT8, new byte[] {1}), "key of metadata pair 0", "an empty name");
        refuses(new GgufBytes().tensor("n".repeat(300), F32, 0, 1).data(new byte[32]), "name of tensor 0", "300 bytes");
        GgufBytes broken = new GgufBytes().pair("xx", UINT8, new byte[] {1});
        byte[] bytes = broken.bytes();
        bytes[24 + 8] = (byte) 0xFF;
        assertThatThrownBy(() -> GgufFile.open(Files.write(folder.resolve("model.gguf"), bytes)))
                .hasMessageContainingAll("key of metadata pair 0", "no UTF-8");
    }

    @Test
    void refusesUnknownValueTypesAndNestedArrays() {
        refuses(new GgufBytes().pair("k", 13, new byte[8]), "k:", "value type 13");
        refuses(new GgufBytes().pair("k", -1, new byte[8]), "k:", "value type 4294967295");
        refuses(
                new GgufBytes().pair("k", ARRAY, GgufBytes.int32(99), GgufBytes.int64(0)),
                "k (array)",
                "value type 99");
        refuses(
                new GgufBytes().pair("k", ARRAY, GgufBytes.int32(ARRAY), GgufBytes.int64(0)),
                "k:",
                "an array of arrays");
    }

    @Test
    void refusesBoolsThatAreNeither() {
        refuses(new GgufBytes().pair("k", BOOL, new byte[] {2}), "k:", "bool 2");
        refuses(
                new GgufBytes().pair("k", ARRAY, GgufBytes.int32(BOOL), GgufBytes.int64(2), new byte[] {1, 7}),
                "k[1]",
                "bool 7");
    }

    @Test
    void refusesRepeatedKeysAndTensors() {
        refuses(new GgufBytes().pair("k", UINT8, new byte[1]).pair("k", UINT8, new byte[1]), "k:", "twice");
        refuses(
                new GgufBytes().tensor("t", F32, 0, 8).tensor("t", F32, 32, 8).data(new byte[64]),
                "t:",
                "the tensor twice");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 48, 1 << 21, -8})
    void refusesAnAlignmentThatIsNoPowerOfTwo(int alignment) {
        refuses(
                new GgufBytes().pair("general.alignment", 5, GgufBytes.int32(alignment)),
                "general.alignment",
                "" + alignment);
    }

    @Test
    void refusesDimensionsOutOfRange() {
        refuses(new GgufBytes().tensor("t", F32, 0).data(new byte[32]), "t:", "0 dimensions");
        refuses(new GgufBytes().tensor("t", F32, 0, 1, 1, 1, 1, 1).data(new byte[32]), "t:", "5 dimensions");
        refuses(new GgufBytes().tensor("t", F32, 0, 8, 0).data(new byte[32]), "t:", "dimension 1 of size 0");
        refuses(new GgufBytes().tensor("t", F32, 0, -8).data(new byte[32]), "t:", "18446744073709551608");
    }

    @ParameterizedTest
    @CsvSource({"2147483648, 4294967296", "4611686018427387904, 1", "9223372036854775807, 9223372036854775807"})
    void refusesShapesWhoseSizeOverflows(long columns, long rows) {
        refuses(new GgufBytes().tensor("t", F32, 0, columns, rows).data(new byte[32]), "t:", "shape [" + rows);
        refuses(new GgufBytes().tensor("t", F32, 0, 1, columns, rows, 2).data(new byte[32]), "t:", "shape [2, ");
    }

    @Test
    void refusesRowsOfBrokenBlocks() {
        refuses(new GgufBytes().tensor("t", TensorType.TQ2_0.id(), 0, 128, 2).data(new byte[96]), "t:", "TQ2_0", "256");
        refuses(new GgufBytes().tensor("t", TensorType.I2_S.id(), 0, 100, 2).data(new byte[96]), "t:", "I2_S", "128");
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5, 37, 38, 42, -1, Integer.MAX_VALUE})
    void refusesUnknownTensorTypes(int type) {
        refuses(
                new GgufBytes().tensor("t", type, 0, 8).data(new byte[32]),
                "t:",
                "tensor type " + Integer.toUnsignedString(type));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 16, -32})
    void refusesOffsetsOffTheAlignment(long offset) {
        refuses(
                new GgufBytes().tensor("t", F32, offset, 8).data(new byte[96]),
                "t:",
                Long.toUnsignedString(offset),
                "alignment");
    }

    @ParameterizedTest
    @ValueSource(longs = {32, 1L << 40, Long.MAX_VALUE - 31})
    void refusesATensorThatEndsBeyondTheFile(long offset) {
        refuses(
                new GgufBytes().tensor("t", F32, offset, 8).data(new byte[32]),
                "t:",
                "at offset " + offset,
                "truncated");
    }

    @Test
    void refusesTensorsThatOverlap() {
        refuses(new GgufBytes().tensor("a", F32, 0, 16).tensor("b", F32, 32, 8).data(new byte[64]), "b:", "within a");
    }

    @Test
    void knowsTheSizesOfAllTypes() {
        assertThat(TensorType.Q4_K.bytes(512, 3)).hasValue(864);
        assertThat(TensorType.I2_S.bytes(64, 4)).hasValue(96);
        assertThat(TensorType.F32.bytes(Long.MAX_VALUE, 2)).isEmpty();
        assertThat(TensorType.ofId(36)).contains(TensorType.I2_S);
        assertThat(TensorType.ofId(-1)).isEmpty();
        assertThat(TensorType.U8.id()).isEqualTo(-1);
    }
}
