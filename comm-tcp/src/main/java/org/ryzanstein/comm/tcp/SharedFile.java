package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The file by which two processes get the same memory. It has a name only from {@link #create} until the other process has
 * opened it, and is empty as long as it has one, so that nothing of size outlives a process that is killed.
 */
final class SharedFile implements AutoCloseable {
    /** What a name must look like: nothing else of a peer's is ever opened. */
    private static final Pattern NAME = Pattern.compile("ryzanstein-[0-9a-f]{32}");

    private static final int NAME_BYTES = 16;
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final Path OWN_PROCESS = Path.of("/proc/self");
    private static final String MEMORY = "tmpfs";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path path;
    private final FileChannel channel;

    private SharedFile(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /** Makes an empty file under a name that nobody can guess, which only this user may open. */
    static SharedFile create(Path folder) throws IOException {
        checkFolder(folder);
        byte[] random = new byte[NAME_BYTES];
        RANDOM.nextBytes(random);
        Path path = folder.resolve("ryzanstein-" + HexFormat.of().formatHex(random));
        Set<OpenOption> options =
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        return new SharedFile(path, FileChannel.open(path, options, PosixFilePermissions.asFileAttribute(OWNER_ONLY)));
    }

    private static void checkFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException("there is no folder " + folder);
        }
        String type = Files.getFileStore(folder).type();
        if (!type.equals(MEMORY)) {
            throw new IOException(folder + " is a " + type + ", expected " + MEMORY);
        }
    }

    /**
     * Opens what a peer has made.
     *
     * @throws IOException if the name is none that {@link #create} makes, or the file not an empty one of this user's
     */
    static SharedFile open(Path folder, String name) throws IOException {
        if (!NAME.matcher(name).matches()) {
            throw new IOException("a name that is none of a shared file");
        }
        checkFolder(folder);
        Path path = folder.resolve(name);
        check(path);
        FileChannel channel =
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        try {
            check(path);
            if (channel.size() != 0) {
                throw new IOException(path + " has " + channel.size() + " bytes, expected an empty file");
            }
            return new SharedFile(path, channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static void check(Path path) throws IOException {
        if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("there is no file " + path + " here");
        }
        if (!Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(OWN_PROCESS))) {
            throw new IOException(path + " belongs to " + Files.getOwner(path, LinkOption.NOFOLLOW_LINKS));
        }
        if (!Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS).equals(OWNER_ONLY)) {
            throw new IOException(path + " is open to others");
        }
    }

    String name() {
        return path.getFileName().toString();
    }

    /** Takes its name. */
    void unlink() throws IOException {
        Files.deleteIfExists(path);
    }

    /** Gives it all its memory at once: a page that is missing later would be an error of the machine, not of a call. */
    void allocate() throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 16);
        for (long at = 0; at < SharedLayout.BYTES; ) {
            int count = (int) Math.min(zeros.capacity(), SharedLayout.BYTES - at);
            at += channel.write(zeros.clear().limit(count), at);
        }
    }

    MemorySegment map(Arena arena) throws IOException {
        if (channel.size() != SharedLayout.BYTES) {
            throw new IOException("the shared file has " + channel.size() + " bytes, expected " + SharedLayout.BYTES);
        }
        return channel.map(MapMode.READ_WRITE, 0, SharedLayout.BYTES, arena);
    }

    /** The name goes, the memory stays mapped. */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
