package org.ryzanstein.comm.tcp;

import java.nio.ByteBuffer;

/**
 * First message of whoever opens a connection: 64 bytes, big-endian. What it says is believed only once it was proved.
 *
 * @param purpose what the connection is for
 * @param from rank of the sender, {@value #NO_RANK} outside of a formation
 * @param to rank of the receiver, {@value #NO_RANK} outside of a formation
 */
record Hello(Purpose purpose, long epoch, int worldSize, int from, int to) {
    static final int BYTES = 64;
    static final int MAGIC = 0x52595A4E; // "RYZN"
    static final int NO_RANK = -1;

    static final byte VERSION = 2;
    private static final int AT_NONCE = 32;

    /** What connections are for. */
    enum Purpose {
        DATA,
        CONTROL,
        LINK
    }

    static Hello link() {
        return new Hello(Purpose.LINK, 0, 0, NO_RANK, NO_RANK);
    }

    byte[] encode(byte[] nonce) {
        ByteBuffer out = ByteBuffer.allocate(BYTES);
        out.putInt(MAGIC).put(VERSION).put(WireCodes.of(purpose)).putShort((short) 0);
        out.putLong(epoch).putInt(worldSize).putInt(from).putInt(to);
        out.put(AT_NONCE, nonce);
        return out.array();
    }

    static Hello decode(byte[] bytes) throws HandshakeException {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        byte version = in.get(4);
        byte purpose = in.get(5);
        if (in.getInt(0) != MAGIC || version != VERSION) {
            throw new HandshakeException(
                    "the peer speaks another protocol, version " + version + ", expected " + VERSION);
        }
        if (!WireCodes.isPurpose(purpose)) {
            throw new HandshakeException("unknown purpose " + purpose);
        }
        return new Hello(WireCodes.purpose(purpose), in.getLong(8), in.getInt(16), in.getInt(20), in.getInt(24));
    }
}
