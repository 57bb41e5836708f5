package org.ryzanstein.loader.format;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads a GGUF header from front to back; every read is checked against the end of the file first. */
final class GgufCursor {
    private final String file;
    private final MemorySegment bytes;
    private final byte[] scratch = new byte[256];
    private long position;

    GgufCursor(String file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    long position() {
        return position;
    }

    long remaining() {
        return bytes.byteSize() - position;
    }

    /** Moves past {@code count} bytes and returns them as a segment. */
    MemorySegment take(long count, String field) {
        require(count, field);
        MemorySegment taken = bytes.asSlice(position, count);
        position += count;
        return taken;
    }

    int readByte(String field) {
        require(1, field);
        return bytes.get(JAVA_BYTE, position++);
    }

    short readShort(String field) {
        require(2, field);
        short value = bytes.get(LittleEndian.SHORT, position);
        position += 2;
        return value;
    }

    int readInt(String field) {
        require(4, field);
        int value = bytes.get(LittleEndian.INT, position);
        position += 4;
        return value;
    }

    long readLong(String field) {
        require(8, field);
        long value = bytes.get(LittleEndian.LONG, position);
        position += 8;
        return value;
    }

    /**
     * Reads a count of items that each take at least {@code smallest} bytes, so that the rest of the file bounds it.
     *
     * @param expected what is counted, for messages
     */
    int readCount(int smallest, String field, String expected) {
        long count = readLong(field);
        long most = Math.min(remaining() / smallest, Integer.MAX_VALUE - 8);
        if (count < 0 || count > most) {
            throw ModelFormatException.of(
                    file,
                    field,
                    Long.toUnsignedString(count),
                    "at most " + most + " " + expected + " in what is left of the file");
        }
        return (int) count;
    }

    /** Reads a string value; bytes that are no UTF-8 become U+FFFD, since vocabularies may hold any bytes. */
    String readText(String field) {
        int length = readStringLength(field, Integer.MAX_VALUE);
        if (length == 0) {
            return "";
        }
        // Vocabularies hold hundreds of thousands of short strings: they share one buffer.
        byte[] text = length <= scratch.length ? scratch : new byte[length];
        MemorySegment.copy(bytes, JAVA_BYTE, position, text, 0, length);
        position += length;
        return new String(text, 0, length, StandardCharsets.UTF_8);
    }

    /** Reads a key or tensor name: UTF-8, not empty, at most {@code limit} bytes. */
    String readName(String field, int limit) {
        byte[] text = take(readStringLength(field, limit), field).toArray(JAVA_BYTE);
        if (text.length == 0) {
            throw ModelFormatException.of(file, field, "an empty name", "a name");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text))
                    .toString();
        } catch (CharacterCodingException malformed) {
            throw ModelFormatException.of(file, field, "bytes that are no UTF-8", "a name in UTF-8");
        }
    }

    private int readStringLength(String field, int limit) {
        long length = readLong(field);
        long most = Math.min(remaining(), limit);
        if (length < 0 || length > most) {
            throw ModelFormatException.of(
                    file, field, "a string of " + Long.toUnsignedString(length) + " bytes", "at most " + most);
        }
        return (int) length;
    }

    private void require(long count, String field) {
        if (count < 0 || count > remaining()) {
            throw ModelFormatException.of(
                    file, field, "the end of the file at byte " + bytes.byteSize(), count + " bytes at " + position);
        }
    }
}
