package org.ryzanstein.loader.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Builds GGUF files byte by byte, wrong ones too. */
final class GgufBytes {
    private int magic = GgufFile.MAGIC;
    private int version = 3;
    private long pairs;
    private long tensors;
    private final ByteArrayOutputStream pairBytes = new ByteArrayOutputStream();
    private final ByteArrayOutputStream tensorBytes = new ByteArrayOutputStream();
    private byte[] data = new byte[0];

    static byte[] int16(int value) {
        return ByteBuffer.allocate(2)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) value)
                .array();
    }

    static byte[] int32(int value) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
    }

    static byte[] int64(long value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    static byte[] text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return join(int64(utf8.length), utf8);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    GgufBytes magic(int value) {
        magic = value;
        return this;
    }

    GgufBytes version(int value) {
        version = value;
        return this;
    }

    GgufBytes pairCount(long value) {
        pairs = value;
        return this;
    }

    GgufBytes tensorCount(long value) {
        tensors = value;
        return this;
    }

    GgufBytes pair(String key, int type, byte[]... value) {
        pairs++;
        pairBytes.writeBytes(join(text(key), int32(type), join(value)));
        return this;
    }

    /** A tensor; the dimensions are in the file's order, the contiguous one first. */
    GgufBytes tensor(String name, int type, long offset, long... dimensions) {
        tensors++;
        tensorBytes.writeBytes(join(text(name), int32(dimensions.length)));
        for (long dimension : dimensions) {
            tensorBytes.writeBytes(int64(dimension));
        }
        tensorBytes.writeBytes(join(int32(type), int64(offset)));
        return this;
    }

    GgufBytes data(byte[] bytes) {
        data = bytes;
        return this;
    }

    byte[] bytes() {
        byte[] header = join(
                int32(magic),
                int32(version),
                int64(tensors),
                int64(pairs),
                pairBytes.toByteArray(),
                tensorBytes.toByteArray());
        return join(header, new byte[-header.length & 31], data);
    }

    GgufFile open(Path folder) throws IOException {
        return GgufFile.open(Files.write(folder.resolve("model.gguf"), bytes()));
    }
}
