package org.ryzanstein.server.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.engine.LogitsObserver;

/** Keeps each step's logits: as a hash, as raw float32 little-endian in a file, or both. */
final class LogitsRecorder implements LogitsObserver, AutoCloseable {
    private final boolean hash;
    private final @Nullable FileChannel file;
    private final List<String> hashes = new ArrayList<>();
    private ByteBuffer bytes = ByteBuffer.allocate(0);

    LogitsRecorder(boolean hash, @Nullable Path target) throws IOException {
        this.hash = hash;
        this.file = target == null
                ? null
                : FileChannel.open(
                        target,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING);
    }

    @Override
    public synchronized void logits(int position, float[] logits) {
        if (bytes.capacity() != logits.length * Float.BYTES) {
            bytes = ByteBuffer.allocate(Math.multiplyExact(logits.length, Float.BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN);
        }
        bytes.clear();
        bytes.asFloatBuffer().put(logits);
        if (hash) {
            hashes.add(HexFormat.of().formatHex(sha256().digest(bytes.array())));
        }
        if (file != null) {
            try {
                while (bytes.hasRemaining()) {
                    file.write(bytes);
                }
            } catch (IOException e) {
                throw new UncheckedIOException("can't write logits", e);
            }
        }
    }

    /** The hashes of the first so many steps: the end-of-turn token's logits are no generated token's. */
    synchronized List<String> hashes(int tokens) {
        return List.copyOf(hashes.subList(0, Math.min(tokens, hashes.size())));
    }

    /** Cuts the file after so many steps. */
    synchronized void keep(int tokens) throws IOException {
        if (file != null) {
            file.truncate((long) tokens * bytes.capacity());
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
