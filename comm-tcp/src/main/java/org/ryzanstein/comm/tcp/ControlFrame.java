package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.CommunicationException.Kind;

/**
 * A frame of a control connection: a header of 28 bytes, little-endian (magic, type, kind of failure, length of the text,
 * rank, epoch, checksum of the header, checksum of the text), then a text of at most {@value #MAX_TEXT_BYTES} bytes.
 */
record ControlFrame(byte type, Kind kind, int rank, long epoch, String text) {
    static final byte BEAT = 1;
    static final byte FAREWELL = 2;
    static final byte ABORT = 3;

    static final int MAX_TEXT_BYTES = 1024;
    static final byte[] NO_TEXT = {};

    private static final int MAGIC = 0x315A5950; // "PYZ1"
    private static final int HEADER_BYTES = 28;
    private static final int CHECKED_BYTES = 20;

    /** Room for several frames. */
    static ByteBuffer buffer() {
        return ByteBuffer.allocateDirect(4 * (HEADER_BYTES + MAX_TEXT_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    }

    static byte[] text(CommunicationException reason) {
        byte[] text = Objects.requireNonNullElse(reason.getMessage(), "").getBytes(StandardCharsets.UTF_8);
        return text.length <= MAX_TEXT_BYTES ? text : Arrays.copyOf(text, MAX_TEXT_BYTES);
    }

    /** Appends a frame if there is room; a peer that reads nothing gets none. */
    static void put(ByteBuffer out, byte type, long epoch, Kind kind, int rank, byte[] text) {
        if (out.remaining() < HEADER_BYTES + text.length) {
            return;
        }
        int at = out.position();
        out.putInt(MAGIC).put(type).put(WireCodes.of(kind)).putShort((short) text.length);
        out.putInt(rank).putLong(epoch);
        out.putInt(checksum(out, at, CHECKED_BYTES)).putInt(checksum(text));
        out.put(text);
    }

    /**
     * Whether a whole frame lies ahead.
     *
     * @throws IOException if what lies ahead is no frame
     */
    static boolean isWhole(ByteBuffer in) throws IOException {
        if (in.remaining() < HEADER_BYTES) {
            return false;
        }
        int at = in.position();
        int length = in.getShort(at + 6);
        if (in.getInt(at) != MAGIC
                || checksum(in, at, CHECKED_BYTES) != in.getInt(at + CHECKED_BYTES)
                || length < 0
                || length > MAX_TEXT_BYTES
                || !WireCodes.isFailure(in.get(at + 5))) {
            throw new IOException("no control frame");
        }
        return in.remaining() >= HEADER_BYTES + length;
    }

    /** Takes the whole frame that lies ahead. */
    static ControlFrame take(ByteBuffer in) throws IOException {
        int at = in.position();
        byte[] text = new byte[in.getShort(at + 6)];
        in.get(at + HEADER_BYTES, text);
        if (checksum(text) != in.getInt(at + CHECKED_BYTES + 4)) {
            throw new IOException("the checksum of a control frame is wrong");
        }
        in.position(at + HEADER_BYTES + text.length);
        return new ControlFrame(
                in.get(at + 4),
                WireCodes.failure(in.get(at + 5)),
                in.getInt(at + 8),
                in.getLong(at + 12),
                new String(text, StandardCharsets.UTF_8));
    }

    private static int checksum(ByteBuffer buffer, int at, int length) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.slice(at, length));
        return (int) crc.getValue();
    }

    private static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
