package org.ryzanstein.loader.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * Reads one message of Protocol Buffers' wire format, field by field. It knows no schema: the caller asks for the number
 * of each field and reads it as what it should be, or skips it. Every length is checked before it is used, and the
 * deprecated groups are refused.
 */
final class ProtobufReader {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final String source;
    private final String message;
    private final ByteBuffer in; // at the next byte, up to the message's end
    private int number;
    private int wireType;

    /**
     * @param source the file and {@code message} the message's name, for messages
     * @param in the message, from its position to its limit
     */
    ProtobufReader(String source, String message, ByteBuffer in) {
        this.source = source;
        this.message = message;
        this.in = in.slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Goes to the next field; false at the end. */
    boolean next() {
        if (!in.hasRemaining()) {
            return false;
        }
        String field = message + " at byte " + in.position();
        long tag = readVarint(field);
        wireType = (int) (tag & 7);
        if (tag >>> 3 == 0 || tag >>> 32 != 0) {
            throw refused(field, "the field number " + Long.toUnsignedString(tag >>> 3), "1 to 536870911");
        }
        number = (int) (tag >>> 3);
        if (wireType != VARINT && wireType != FIXED64 && wireType != BYTES && wireType != FIXED32) {
            throw refused(field, "the wire type " + wireType, "0, 1, 2 or 5");
        }
        return true;
    }

    /** The number of the field that {@link #next} went to. */
    int number() {
        return number;
    }

    void skip() {
        String field = message + ".field " + number;
        switch (wireType) {
            case VARINT -> readVarint(field);
            case FIXED64 -> take(field, Long.BYTES);
            case FIXED32 -> take(field, Integer.BYTES);
            default -> readBytes(field);
        }
    }

    long varint(String name) {
        return readVarint(require(name, VARINT, "a varint"));
    }

    boolean bool(String name) {
        return varint(name) != 0;
    }

    float float32(String name) {
        return take(require(name, FIXED32, "a float"), Float.BYTES).getFloat();
    }

    ByteBuffer bytes(String name) {
        return readBytes(require(name, BYTES, "bytes"));
    }

    ProtobufReader message(String name) {
        return new ProtobufReader(source, message + "." + name, bytes(name));
    }

    String text(String name) {
        ByteBuffer bytes = bytes(name);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw ModelFormatException.of(source, message + "." + name, "invalid UTF-8", "Unicode text", e);
        }
    }

    private String require(String name, int wanted, String expected) {
        String field = message + "." + name;
        if (wireType != wanted) {
            throw refused(field, "the wire type " + wireType, wanted + ", " + expected);
        }
        return field;
    }

    private ByteBuffer readBytes(String field) {
        return take(field, readVarint(field));
    }

    private ByteBuffer take(String field, long length) {
        if (length < 0 || length > in.remaining()) {
            throw refused(
                    field,
                    Long.toUnsignedString(length) + " bytes",
                    "at most " + in.remaining() + ", which is all there are; download the file again");
        }
        ByteBuffer taken = in.slice(in.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + (int) length);
        return taken;
    }

    private long readVarint(String field) {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            if (!in.hasRemaining()) {
                throw refused(field, "the end of the data", "more of a varint; download the file again");
            }
            byte part = in.get();
            value |= (long) (part & 0x7F) << shift;
            if (part >= 0) {
                return value;
            }
        }
        throw refused(field, "a varint of more than 10 bytes", "at most 10");
    }

    private ModelFormatException refused(String field, String found, String expected) {
        return ModelFormatException.of(source, field, found, expected);
    }
}
