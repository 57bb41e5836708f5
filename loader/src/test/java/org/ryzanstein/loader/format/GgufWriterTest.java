package org.ryzanstein.loader.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ryzanstein.loader.progress.ProgressListener;

class GgufWriterTest {
    @TempDir
    Path folder;

    @Test
    void copiesAFileByteByByte() throws IOException {
        Path copy = folder.resolve("copy.gguf");
        try (GgufFile file = GgufFile.open(TestFiles.I2S)) {
            GgufWriter writer = new GgufWriter();
            file.metadata().keys().forEach(key -> writer.copy(file, key));
            file.tensors().values().forEach(writer::copy);
            List<Long> progress = new ArrayList<>();
            writer.write(copy, (stage, done, total) -> {
                assertThat(stage).isEqualTo("writing");
                assertThat(done).isBetween(0L, total);
                progress.add(done);
            });
            assertThat(progress).isSorted().startsWith(0L);
        }
        assertThat(copy).hasSameBinaryContentAs(TestFiles.I2S);
    }

    @Test
    void readsBackWhatItWrote() throws IOException {
        Path path = folder.resolve("new.gguf");
        new GgufWriter()
                .text("text", "é")
                .uint32("uint", 5)
                .float32("float", 0.5f)
                .bool("bool", true)
                .texts("texts", List.of("a", "b"))
                .int32s("ints", new int[] {-1, 2})
                .float32s("floats", new float[] {1.5f})
                .tensor("t", TensorType.F32, List.of(2L, 3L), sink -> sink.write(new byte[24], 0, 24))
                .write(path, ProgressListener.NONE);
        try (GgufFile file = GgufFile.open(path)) {
            Metadata metadata = file.metadata();
            assertThat(metadata.string("text")).contains("é");
            assertThat(metadata.integer("uint")).hasValue(5);
            assertThat(metadata.real("float")).hasValue(0.5);
            assertThat(metadata.bool("bool")).contains(true);
            assertThat(metadata.strings("texts")).contains(List.of("a", "b"));
            assertThat(metadata.integers("ints")).get().isEqualTo(new int[] {-1, 2});
            assertThat(metadata.reals("floats")).get().isEqualTo(new float[] {1.5f});
            assertThat(TestFiles.tensor(file, "t").shape()).containsExactly(2L, 3L);
        }
    }

    @Test
    void leavesTheOldFileAndNoTraceWhenItFails() throws IOException {
        Path path = Files.writeString(folder.resolve("old.gguf"), "old");
        GgufWriter tooLittle = new GgufWriter().tensor("t", TensorType.F32, List.of(8L), sink -> {});
        assertThatThrownBy(() -> tooLittle.write(path, ProgressListener.NONE))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("t: 0 bytes written, expected 32");
        GgufWriter tooMuch =
                new GgufWriter().tensor("t", TensorType.F32, List.of(8L), sink -> sink.write(new byte[33], 0, 33));
        assertThatThrownBy(() -> tooMuch.write(path, ProgressListener.NONE)).hasMessageContaining("33 bytes written");
        GgufWriter failing = new GgufWriter().tensor("t", TensorType.F32, List.of(8L), sink -> {
            throw new IOException("disk full");
        });
        assertThatThrownBy(() -> failing.write(path, ProgressListener.NONE)).hasMessage("disk full");
        assertThat(path).hasContent("old");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(path);
        }
    }

    @Test
    void refusesWhatNoReaderWouldAccept() throws IOException {
        GgufWriter writer = new GgufWriter().uint32("k", 1).tensor("t", TensorType.F32, List.of(1L), sink -> {});
        assertThatThrownBy(() -> writer.text("k", "")).hasMessageContaining("key k twice");
        assertThatThrownBy(() -> writer.tensor("t", TensorType.F32, List.of(1L), sink -> {}))
                .hasMessageContaining("tensor t twice");
        assertThatThrownBy(() -> writer.tensor("u", TensorType.U8, List.of(1L), sink -> {}))
                .hasMessageContaining("GGUF has no type U8");
        assertThatThrownBy(() -> writer.tensor("u", TensorType.TQ1_0, List.of(1L, 128L), sink -> {}))
                .hasMessageContaining("does not fill blocks");
        try (GgufFile file = GgufFile.open(TestFiles.I2S)) {
            assertThatThrownBy(() -> writer.copy(file, "none")).hasMessageContaining("no key none");
        }
    }
}
