package org.ryzanstein.loader.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedFileTest {
    private static final FileTime EARLY = FileTime.fromMillis(1_000_000);

    @TempDir
    Path folder;

    private Path file() throws IOException {
        Path path = Files.write(folder.resolve("model"), new byte[] {1, 2, 3});
        return Files.setLastModifiedTime(path, EARLY);
    }

    @Test
    void seesThatAFileWasWrittenTo() throws IOException {
        Path path = file();
        try (MappedFile mapped = MappedFile.open(path, "a file")) {
            assertThat(mapped.change()).isEmpty();
            Files.setLastModifiedTime(path, FileTime.fromMillis(2_000_000));
            assertThat(mapped.change())
                    .hasValueSatisfying(text -> assertThat(text).contains(path.toString(), "1970-01-01T00:33:20Z"));
        }
    }

    @Test
    void seesThatAFileWasCutShort() throws IOException {
        Path path = file();
        try (MappedFile mapped = MappedFile.open(path, "a file")) {
            Files.write(path, new byte[] {1});
            Files.setLastModifiedTime(path, EARLY);
            assertThat(mapped.change())
                    .hasValueSatisfying(text -> assertThat(text).contains("3 bytes", "has 1"));
        }
    }

    @Test
    void takesNoNoticeOfAFileThatTakesItsName() throws IOException {
        Path path = file();
        try (MappedFile mapped = MappedFile.open(path, "a file")) {
            Path other = Files.write(folder.resolve("other"), new byte[] {9, 9});
            Files.move(other, path, StandardCopyOption.REPLACE_EXISTING);
            assertThat(mapped.change()).isEmpty();
            Files.delete(path);
            assertThat(mapped.change()).isEmpty();
        }
    }
}
