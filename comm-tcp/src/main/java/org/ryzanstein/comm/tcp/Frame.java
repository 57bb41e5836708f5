package org.ryzanstein.comm.tcp;

import java.nio.ByteBuffer;

/**
 * Layout of a data frame: a header of 64 bytes, little-endian, then the payload of whole 32-bit words, packed as in
 * {@link Packing} or not. The header says which call of which group of which formation the words belong to and what that call
 * is, so that a frame that meets another call is recognised; it has a checksum of its own, so that a length is never believed
 * before it was checked.
 */
final class Frame {
    static final int MAGIC = 0x315A5952; // "RYZ1"
    static final int HEADER_BYTES = 64;

    /** Longest payload of a frame. Longer messages are cut. */
    static final int MAX_PAYLOAD_BYTES = 1 << 16;

    /** Most words that a frame carries, packed or not. */
    static final int MAX_WORDS = MAX_PAYLOAD_BYTES / 4;

    private static final int AT_MAGIC = 0;
    private static final int AT_PAYLOAD_WORDS = 4;
    private static final int AT_WORDS = 6;
    private static final int AT_EPOCH = 8;
    private static final int AT_GROUP = 16;
    private static final int AT_SEQUENCE = 20;
    private static final int AT_KIND = 24;
    private static final int AT_TYPE = 25;
    private static final int AT_REDUCE = 26;
    private static final int AT_PHASE = 27;
    private static final int AT_ROOT = 28;
    private static final int AT_ROWS = 32;
    private static final int AT_COLUMNS = 36;
    private static final int AT_LAYOUT = 40;
    private static final int AT_FIRST_WORD = 44;
    private static final int AT_TOTAL_WORDS = 48;
    private static final int AT_PAYLOAD_CHECKSUM = 52;
    private static final int AT_MASK = 56;

    /** Header checksum, over all bytes before it. */
    static final int AT_HEADER_CHECKSUM = 60;

    private Frame() {}

    /** Writes what a header says of the call. */
    static void writeCall(ByteBuffer out, int at, long epoch, TcpOperation call, int phase) {
        out.putInt(at + AT_MAGIC, MAGIC);
        out.putLong(at + AT_EPOCH, epoch);
        out.putInt(at + AT_GROUP, call.groupId());
        out.putInt(at + AT_SEQUENCE, call.sequence());
        out.put(at + AT_KIND, call.frameKind());
        out.put(at + AT_TYPE, call.typeCode());
        out.put(at + AT_REDUCE, call.reduceCode());
        out.put(at + AT_PHASE, (byte) phase);
        out.putInt(at + AT_ROOT, call.root());
        out.putInt(at + AT_ROWS, call.rows());
        out.putInt(at + AT_COLUMNS, call.columns());
        out.putInt(at + AT_LAYOUT, call.layout());
    }

    /** Writes what a header says of the payload. The header's checksum comes last. */
    static void writePayload(ByteBuffer out, int at, int first, int count, int total, int mask, int crc) {
        out.putShort(at + AT_PAYLOAD_WORDS, (short) Packing.payloadWords(mask, count));
        out.putShort(at + AT_WORDS, (short) count);
        out.putInt(at + AT_FIRST_WORD, first);
        out.putInt(at + AT_TOTAL_WORDS, total);
        out.putInt(at + AT_PAYLOAD_CHECKSUM, crc);
        out.putInt(at + AT_MASK, mask);
    }

    static int magic(ByteBuffer in, int at) {
        return in.getInt(at + AT_MAGIC);
    }

    static int payloadWords(ByteBuffer in, int at) {
        return in.getShort(at + AT_PAYLOAD_WORDS) & 0xFFFF;
    }

    /** Bytes of the payload, once it was found to be possible. */
    static int length(ByteBuffer in, int at) {
        return payloadWords(in, at) * 4;
    }

    static int words(ByteBuffer in, int at) {
        return in.getShort(at + AT_WORDS) & 0xFFFF;
    }

    static int mask(ByteBuffer in, int at) {
        return in.getInt(at + AT_MASK);
    }

    static long epoch(ByteBuffer in, int at) {
        return in.getLong(at + AT_EPOCH);
    }

    static int group(ByteBuffer in, int at) {
        return in.getInt(at + AT_GROUP);
    }

    static int sequence(ByteBuffer in, int at) {
        return in.getInt(at + AT_SEQUENCE);
    }

    static byte kind(ByteBuffer in, int at) {
        return in.get(at + AT_KIND);
    }

    static byte type(ByteBuffer in, int at) {
        return in.get(at + AT_TYPE);
    }

    static byte reduce(ByteBuffer in, int at) {
        return in.get(at + AT_REDUCE);
    }

    static int phase(ByteBuffer in, int at) {
        return in.get(at + AT_PHASE);
    }

    static int root(ByteBuffer in, int at) {
        return in.getInt(at + AT_ROOT);
    }

    static int rows(ByteBuffer in, int at) {
        return in.getInt(at + AT_ROWS);
    }

    static int columns(ByteBuffer in, int at) {
        return in.getInt(at + AT_COLUMNS);
    }

    static int layout(ByteBuffer in, int at) {
        return in.getInt(at + AT_LAYOUT);
    }

    static int firstWord(ByteBuffer in, int at) {
        return in.getInt(at + AT_FIRST_WORD);
    }

    static int totalWords(ByteBuffer in, int at) {
        return in.getInt(at + AT_TOTAL_WORDS);
    }

    static int payloadChecksum(ByteBuffer in, int at) {
        return in.getInt(at + AT_PAYLOAD_CHECKSUM);
    }
}
