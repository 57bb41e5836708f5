package org.ryzanstein.loader.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.progress.ProgressListener;

/**
 * Writes a GGUF file, version 3, little-endian. Metadata and tensors appear in the order in which they were added, so that
 * the same calls give the same bytes. Tensor data is streamed; the target appears only when it is complete.
 */
public final class GgufWriter {
    private static final int VERSION = 3;
    private static final int BUFFER = 1 << 20;

    /** Produces the bytes of one tensor. */
    @FunctionalInterface
    public interface Content {
        void writeTo(Sink sink) throws IOException;
    }

    /** Takes the bytes of one tensor, in order. */
    @FunctionalInterface
    public interface Sink {
        void write(byte[] bytes, int offset, int length) throws IOException;
    }

    private record Entry(TensorType type, List<Long> shape, long bytes, Content content) {}

    private final Set<String> keys = new LinkedHashSet<>();
    private final Bytes metadata = new Bytes();
    private final Map<String, Entry> tensors = new LinkedHashMap<>();

    /** A writer without metadata or tensors. */
    public GgufWriter() {}

    public GgufWriter text(String key, String value) {
        begin(key, GgufValueType.STRING);
        metadata.text(value);
        return this;
    }

    public GgufWriter uint32(String key, int value) {
        begin(key, GgufValueType.UINT32);
        metadata.int32(value);
        return this;
    }

    public GgufWriter float32(String key, float value) {
        begin(key, GgufValueType.FLOAT32);
        metadata.int32(Float.floatToRawIntBits(value));
        return this;
    }

    public GgufWriter bool(String key, boolean value) {
        begin(key, GgufValueType.BOOL);
        metadata.write(value ? 1 : 0);
        return this;
    }

    public GgufWriter texts(String key, List<String> values) {
        beginArray(key, GgufValueType.STRING, values.size());
        values.forEach(metadata::text);
        return this;
    }

    public GgufWriter int32s(String key, int[] values) {
        beginArray(key, GgufValueType.INT32, values.length);
        for (int value : values) {
            metadata.int32(value);
        }
        return this;
    }

    public GgufWriter float32s(String key, float[] values) {
        beginArray(key, GgufValueType.FLOAT32, values.length);
        for (float value : values) {
            metadata.int32(Float.floatToRawIntBits(value));
        }
        return this;
    }

    /** Copies a value from another file, byte by byte. */
    public GgufWriter copy(GgufFile file, String key) {
        @Nullable GgufValue value = file.values().values().get(key);
        if (value == null) {
            throw new IllegalArgumentException(file.path() + " has no key " + key);
        }
        begin(key, value.type());
        metadata.writeBytes(value.raw().toArray(ValueLayout.JAVA_BYTE));
        return this;
    }

    /**
     * Adds a tensor.
     *
     * @param shape rows first
     * @param content called once by {@link #write}; must write exactly the bytes that type and shape ask for
     */
    public GgufWriter tensor(String name, TensorType type, List<Long> shape, Content content) {
        long columns = shape.getLast();
        long rows = shape.subList(0, shape.size() - 1).stream().reduce(1L, Math::multiplyExact);
        if (type.id() < 0) {
            throw new IllegalArgumentException("GGUF has no type " + type + ", wanted for " + name);
        }
        long bytes = type.bytes(columns, rows)
                .orElseThrow(() -> new IllegalArgumentException(
                        name + ": shape " + TensorInfo.shapeText(shape) + " does not fill blocks of type " + type));
        if (tensors.putIfAbsent(name, new Entry(type, List.copyOf(shape), bytes, content)) != null) {
            throw new IllegalArgumentException("tensor " + name + " twice");
        }
        return this;
    }

    /** Copies a tensor, byte by byte. */
    public GgufWriter copy(TensorInfo tensor) {
        return tensor(tensor.name(), tensor.type(), tensor.shape(), sink -> {
            byte[] piece = new byte[(int) Math.min(BUFFER, tensor.bytes())];
            for (long at = 0; at < tensor.bytes(); at += piece.length) {
                int length = (int) Math.min(piece.length, tensor.bytes() - at);
                java.lang.foreign.MemorySegment.copy(tensor.data(), ValueLayout.JAVA_BYTE, at, piece, 0, length);
                sink.write(piece, 0, length);
            }
        });
    }

    /**
     * Writes the file beside its target under another name, then renames it. On failure nothing is left behind, and a file
     * that was there before stays as it was.
     *
     * @param progress told the bytes of tensor data that are written
     */
    public void write(Path target, ProgressListener progress) throws IOException {
        Path absolute = target.toAbsolutePath();
        Path partial = absolute.resolveSibling("." + absolute.getFileName() + "." + UUID.randomUUID() + ".partial");
        try {
            try (FileChannel channel =
                    FileChannel.open(partial, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                new Output(channel, progress).writeAll();
            }
            Files.move(partial, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private void begin(String key, GgufValueType type) {
        if (!keys.add(key)) {
            throw new IllegalArgumentException("key " + key + " twice");
        }
        metadata.text(key);
        metadata.int32(type.number());
    }

    private void beginArray(String key, GgufValueType type, int count) {
        begin(key, GgufValueType.ARRAY);
        metadata.int32(type.number());
        metadata.int64(count);
    }

    /** Little-endian bytes in memory. */
    private static final class Bytes extends ByteArrayOutputStream {
        void int32(int value) {
            write(value);
            write(value >> 8);
            write(value >> 16);
            write(value >> 24);
        }

        void int64(long value) {
            int32((int) value);
            int32((int) (value >> 32));
        }

        void text(String value) {
            byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
            int64(utf8.length);
            writeBytes(utf8);
        }
    }

    /** The file while it is written. */
    private final class Output {
        private final FileChannel channel;
        private final ProgressListener progress;
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
        private final long total =
                tensors.values().stream().mapToLong(Entry::bytes).sum();
        private long written;

        Output(FileChannel channel, ProgressListener progress) {
            this.channel = channel;
            this.progress = progress;
        }

        void writeAll() throws IOException {
            Bytes header = header();
            put(header.toByteArray(), 0, header.size());
            pad(header.size());
            progress.progress("writing", 0, total);
            for (Map.Entry<String, Entry> tensor : tensors.entrySet()) {
                long before = written;
                Entry entry = tensor.getValue();
                entry.content().writeTo((bytes, offset, length) -> {
                    written += length;
                    if (written - before > entry.bytes()) {
                        throw sizeMismatch(tensor.getKey(), written - before, entry.bytes());
                    }
                    put(bytes, offset, length);
                    progress.progress("writing", written, total);
                });
                if (written - before != entry.bytes()) {
                    throw sizeMismatch(tensor.getKey(), written - before, entry.bytes());
                }
                pad(entry.bytes());
            }
            flush();
        }

        private Bytes header() {
            Bytes header = new Bytes();
            header.int32(GgufFile.MAGIC);
            header.int32(VERSION);
            header.int64(tensors.size());
            header.int64(keys.size());
            header.writeBytes(metadata.toByteArray());
            long offset = 0;
            for (Map.Entry<String, Entry> tensor : tensors.entrySet()) {
                Entry entry = tensor.getValue();
                header.text(tensor.getKey());
                header.int32(entry.shape().size());
                entry.shape().reversed().forEach(header::int64);
                header.int32(entry.type().id());
                header.int64(offset);
                offset += entry.bytes() + padding(entry.bytes());
            }
            return header;
        }

        private IllegalStateException sizeMismatch(String name, long found, long expected) {
            return new IllegalStateException(name + ": " + found + " bytes written, expected " + expected);
        }

        private int padding(long size) {
            return (int) (-size & (GgufFile.DEFAULT_ALIGNMENT - 1));
        }

        private void pad(long size) throws IOException {
            put(new byte[GgufFile.DEFAULT_ALIGNMENT], 0, padding(size));
        }

        private void put(byte[] bytes, int offset, int length) throws IOException {
            int from = offset;
            int left = length;
            while (left > 0) {
                int piece = Math.min(left, buffer.remaining());
                buffer.put(bytes, from, piece);
                from += piece;
                left -= piece;
                if (!buffer.hasRemaining()) {
                    flush();
                }
            }
        }

        private void flush() throws IOException {
            buffer.flip();
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            buffer.clear();
        }
    }
}
