package org.ryzanstein.loader.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes messages of Protocol Buffers. */
final class ProtobufBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    ProtobufBytes tag(int number, int wireType) {
        return raw((long) number << 3 | wireType);
    }

    ProtobufBytes raw(long varint) {
        long rest = varint;
        while ((rest & ~0x7FL) != 0) {
            out.write((int) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
        return this;
    }

    ProtobufBytes varint(int number, long value) {
        return tag(number, 0).raw(value);
    }

    ProtobufBytes float32(int number, float value) {
        tag(number, 5);
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(value)
                .array());
        return this;
    }

    ProtobufBytes bytes(int number, byte[] value) {
        tag(number, 2).raw(value.length);
        out.writeBytes(value);
        return this;
    }

    ProtobufBytes text(int number, String value) {
        return bytes(number, value.getBytes(StandardCharsets.UTF_8));
    }

    ProtobufBytes message(int number, ProtobufBytes value) {
        return bytes(number, value.toByteArray());
    }

    /** A piece of a SentencePiece model. */
    ProtobufBytes piece(String text, float score, TokenKind kind) {
        return message(1, new ProtobufBytes().text(1, text).float32(2, score).varint(3, number(kind)));
    }

    /** The number of a kind of piece, in GGUF too. */
    static int number(TokenKind kind) {
        return List.of(TokenKind.values()).indexOf(kind) + 1;
    }

    byte[] toByteArray() {
        return out.toByteArray();
    }
}
