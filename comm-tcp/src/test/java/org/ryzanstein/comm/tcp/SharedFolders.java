package org.ryzanstein.comm.tcp;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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

    /** A file in a folder with all the memory that two connections share. */
    static FileChannel memory(Path folder) throws IOException {
        FileChannel file = FileChannel.open(
                folder.resolve("memory"),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        file.write(ByteBuffer.allocate(SharedLayout.BYTES));
        return file;
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
