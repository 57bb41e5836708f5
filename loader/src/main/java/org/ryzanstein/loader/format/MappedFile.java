package org.ryzanstein.loader.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file mapped read-only as one segment, whatever its size. Closing it unmaps the memory; every later access through a
 * segment of it throws {@link IllegalStateException}.
 */
final class MappedFile implements AutoCloseable {
    private final Path path;
    private final Arena arena;
    private final MemorySegment bytes;

    private MappedFile(Path path, Arena arena, MemorySegment bytes) {
        this.path = path;
        this.arena = arena;
        this.bytes = bytes;
    }

    /**
     * Maps a file.
     *
     * @param expected what the file should be, for messages
     */
    static MappedFile open(Path path, String expected) {
        if (!Files.isRegularFile(path)) {
            throw ModelFormatException.of(
                    path.toString(), "path", Files.isDirectory(path) ? "a directory" : "no such file", expected);
        }
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new MappedFile(path, arena, bytes);
        } catch (IOException failure) {
            arena.close();
            throw new UncheckedIOException(path + ": cannot be read: " + failure.getMessage(), failure);
        }
    }

    Path path() {
        return path;
    }

    MemorySegment bytes() {
        return bytes;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
