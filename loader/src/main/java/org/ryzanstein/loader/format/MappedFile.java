package org.ryzanstein.loader.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;

/**
 * A file mapped read-only as one segment, whatever its size. Closing it unmaps the memory; every later access through a
 * segment of it throws {@link IllegalStateException}. If somebody cuts the file short, reading what is gone throws
 * {@link InternalError}.
 */
final class MappedFile implements AutoCloseable {
    private final Path path;
    private final Arena arena;
    private final MemorySegment bytes;
    private final BasicFileAttributes opened;

    private MappedFile(Path path, Arena arena, MemorySegment bytes, BasicFileAttributes opened) {
        this.path = path;
        this.arena = arena;
        this.bytes = bytes;
        this.opened = opened;
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
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new MappedFile(path, arena, bytes, attributes);
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

    /**
     * What has happened to the file since it was opened, if it was written to. Another file of the same name is none of the
     * mapping's business, nor is the end of the name.
     */
    Optional<String> change() {
        BasicFileAttributes now;
        try {
            now = Files.readAttributes(path, BasicFileAttributes.class);
        } catch (IOException e) {
            return Optional.empty();
        }
        boolean same = Objects.equals(opened.fileKey(), now.fileKey());
        if (!same || (now.size() == bytes.byteSize() && now.lastModifiedTime().equals(opened.lastModifiedTime()))) {
            return Optional.empty();
        }
        return Optional.of(path + " was written to at " + now.lastModifiedTime() + ", when it was in use: it had "
                + bytes.byteSize() + " bytes, and has " + now.size());
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
