package org.ryzanstein.comm.tcp;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Folders in memory for tests. */
final class SharedFolders {
    private SharedFolders() {}

    /** A new one; the test is skipped where files can't lie in memory. */
    static Path make() {
        try {
            assumeTrue(
                    Files.isDirectory(SharedMemory.FOLDER)
                            && Files.getFileStore(SharedMemory.FOLDER).type().equals("tmpfs")
                            && Files.isWritable(SharedMemory.FOLDER),
                    "skipped: there is no writable tmpfs at " + SharedMemory.FOLDER);
            return Files.createTempDirectory(SharedMemory.FOLDER, "test-ryzanstein");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<Path> list(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(Path folder) {
        try {
            for (Path file : list(folder)) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
