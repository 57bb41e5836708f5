package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ryzanstein.loader.format.ModelFormatException;

class SentencePieceModelReaderTest {
    @TempDir
    Path directory = Path.of("");

    private final ProtobufBytes pieces = new ProtobufBytes()
            .piece("<unk>", 0, TokenKind.UNKNOWN)
            .piece("<s>", 0, TokenKind.CONTROL)
            .piece("a", -1, TokenKind.NORMAL);
    private final ProtobufBytes trainer = new ProtobufBytes().varint(3, 2);
    private final ProtobufBytes normalizer = new ProtobufBytes();

    private SentencePieceModel read() {
        return read(pieces.message(2, trainer).message(3, normalizer).toByteArray());
    }

    private static SentencePieceModel read(byte[] file) {
        return SentencePieceModelReader.read("m.model", ByteBuffer.wrap(file));
    }

    @Test
    void readsPiecesAndTakesTheFormatsDefaults() {
        SentencePieceModel model = read();
        assertThat(model.pieces()).containsExactly("<unk>", "<s>", "a");
        assertThat(model.scores()).containsExactly(0, 0, -1);
        assertThat(model.kinds()).containsExactly(TokenKind.UNKNOWN, TokenKind.CONTROL, TokenKind.NORMAL);
        assertThat(model.byteFallback()).isFalse();
        assertThat(model.dummyPrefix()).isTrue();
        assertThat(model.removeExtraSpaces()).isTrue();
        assertThat(model.bosPiece()).isEqualTo("<s>");
        assertThat(model.eosPiece()).isEqualTo("</s>");
    }

    @Test
    void readsSettingsAndSkipsWhatItDoesNotKnow() {
        trainer.varint(35, 1).text(46, "<B>").text(47, "<E>").varint(24, 0).float32(10, 0.9f);
        trainer.tag(99, 1)
                .tag(0, 0)
                .tag(0, 0)
                .tag(0, 0)
                .tag(0, 0)
                .tag(0, 0)
                .tag(0, 0)
                .tag(0, 0)
                .tag(0, 0);
        normalizer
                .text(1, "identity")
                .text(2, "")
                .varint(3, 0)
                .varint(4, 0)
                .varint(5, 1)
                .text(6, "");
        pieces.message(1, new ProtobufBytes().text(1, "b").text(200, "more"));
        pieces.text(4, "self test").message(5, new ProtobufBytes().text(1, "x").text(2, ""));
        SentencePieceModel model = read();
        assertThat(model.pieces()).hasSize(4);
        assertThat(model.kinds()[3]).isEqualTo(TokenKind.NORMAL);
        assertThat(model.byteFallback()).isTrue();
        assertThat(model.dummyPrefix()).isFalse();
        assertThat(model.removeExtraSpaces()).isFalse();
        assertThat(model.bosPiece()).isEqualTo("<B>");
        assertThat(model.eosPiece()).isEqualTo("<E>");
    }

    @ParameterizedTest
    @CsvSource({"1, UNIGRAM", "3, WORD", "4, CHAR", "7, 7", "-1, -1"})
    void refusesOtherKindsOfModelsByName(long type, String name) {
        trainer.varint(3, type);
        refused("model.trainer_spec.model_type: found " + name + ", expected BPE");
    }

    @Test
    void aModelThatNamesNoKindIsUnigram() {
        assertThatThrownBy(() -> read(pieces.toByteArray()))
                .hasMessageContaining("m.model: model.trainer_spec.model_type: found UNIGRAM, expected BPE");
    }

    @Test
    void refusesNormalisationTablesByName() {
        normalizer.text(1, "nmt_nfkc").text(2, "table");
        refused("model.normalizer_spec.precompiled_charsmap: found the normalisation \"nmt_nfkc\", expected");
    }

    @Test
    void refusesSpacesThatAreNotEscaped() {
        normalizer.varint(5, 0);
        refused("model.normalizer_spec.escape_whitespaces: found false, expected true");
    }

    @Test
    void refusesSpacesAsSuffixes() {
        trainer.varint(24, 1);
        refused("model.trainer_spec.treat_whitespace_as_suffix: found");
    }

    @Test
    void refusesDenormalisationTables() {
        pieces.message(5, new ProtobufBytes().text(2, "table"));
        refused("model.denormalizer_spec.precompiled_charsmap: found");
    }

    @Test
    void refusesPiecesThatAreNone() {
        refusedPiece(new ProtobufBytes().float32(2, 1), "model.pieces[3].piece: found nothing, expected a spelling");
        refusedPiece(new ProtobufBytes().text(1, "x").varint(3, 7), "model.pieces[3].type: found 7, expected 1 to 6");
        refusedPiece(new ProtobufBytes().text(1, "x").varint(3, -1), "model.pieces[3].type: found -1");
        refusedPiece(
                new ProtobufBytes().bytes(1, new byte[] {(byte) 0xC3}), "model.pieces[3].piece: found invalid UTF-8");
        refusedPiece(
                new ProtobufBytes().varint(1, 1), "model.pieces[3].piece: found the wire type 0, expected 2, bytes");
        refusedPiece(new ProtobufBytes().varint(2, 1), "model.pieces[3].score: found the wire type 0, expected 5");
        refusedPiece(new ProtobufBytes().text(3, "x"), "model.pieces[3].type: found the wire type 2, expected 0");
    }

    private static void refusedPiece(ProtobufBytes piece, String message) {
        SentencePieceModelReaderTest test = new SentencePieceModelReaderTest();
        test.pieces.message(1, piece);
        test.refused(message);
    }

    @Test
    void refusesWhatIsNoMessage() {
        refused(new byte[] {0x0A}, "model.pieces[0]: found the end of the data, expected more of a varint");
        refused(new byte[] {0x0A, 5, 1}, "model.pieces[0]: found 5 bytes, expected at most 1");
        refused(new byte[] {0x22, 5, 1}, "model.field 4: found 5 bytes, expected at most 1");
        refused(new byte[] {0x25, 5, 1}, "model.field 4: found 4 bytes, expected at most 2");
        refused(new byte[] {0x21, 5, 1}, "model.field 4: found 8 bytes, expected at most 2");
        refused(new byte[] {0x20, (byte) 0x80}, "model.field 4: found the end of the data");
        refused(new byte[] {0x23}, "model at byte 0: found the wire type 3, expected 0, 1, 2 or 5");
        refused(new byte[] {0x02}, "model at byte 0: found the field number 0");
        refused(new ProtobufBytes().raw(1L << 35).toByteArray(), "model at byte 0: found the field number 4294967296");
        byte[] endless = new byte[12];
        Arrays.fill(endless, (byte) 0xFF);
        refused(endless, "model at byte 0: found a varint of more than 10 bytes, expected at most 10");
        refused(
                new ProtobufBytes().tag(4, 2).raw(-1).toByteArray(),
                "model.field 4: found 18446744073709551615 bytes, expected at most 0");
    }

    private static void refused(byte[] file, String message) {
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("m.model: " + message);
    }

    private void refused(String message) {
        assertThatThrownBy(this::read)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("m.model: " + message);
    }

    @Test
    void refusesHugeFilesAndFolders() throws IOException {
        Path file = directory.resolve("tokenizer.model");
        try (RandomAccessFile huge = new RandomAccessFile(file.toFile(), "rw")) {
            huge.setLength(SentencePieceModelReader.MAX_FILE_SIZE + 1);
        }
        assertThatThrownBy(() -> SentencePieceModelReader.read(file))
                .hasMessageContaining("tokenizer.model: its size: found 67108865 bytes, expected at most 67108864");
        assertThatThrownBy(() -> SentencePieceModelReader.read(directory))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("cannot be read");
    }
}
