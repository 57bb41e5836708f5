package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What each rank says of itself to each other one before a formation begins, and what must be the same for all. On the wire:
 * length, HMAC by the session's key, then the text of the terms.
 *
 * @param threads that the rank computes with, which may differ
 * @param terms what must not differ
 */
record JoinMessage(int rank, int threads, SortedMap<String, String> terms) {
    static final int MAX_BYTES = 1 << 16;

    private static final int MAX_TERMS = 256;
    private static final int MAX_THREADS = 1 << 16;

    JoinMessage {
        terms = Collections.unmodifiableSortedMap(new TreeMap<>(terms));
    }

    byte[] encode() {
        ByteBuffer out = ByteBuffer.allocate(MAX_BYTES);
        try {
            out.putInt(rank).putInt(threads).putInt(terms.size());
            terms.forEach((name, value) -> {
                put(out, name);
                put(out, value);
            });
        } catch (java.nio.BufferOverflowException e) {
            throw new IllegalArgumentException("terms of more than " + MAX_BYTES + " bytes", e);
        }
        byte[] bytes = new byte[out.position()];
        out.get(0, bytes);
        return bytes;
    }

    private static void put(ByteBuffer out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.putInt(bytes.length).put(bytes);
    }

    static JoinMessage decode(byte[] bytes) throws HandshakeException {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            int rank = in.getInt();
            int threads = in.getInt();
            int count = in.getInt();
            if (count < 0 || count > MAX_TERMS || threads < 1 || threads > MAX_THREADS) {
                throw new HandshakeException("a join message of " + count + " terms and " + threads + " threads");
            }
            SortedMap<String, String> terms = new TreeMap<>();
            for (int i = 0; i < count; i++) {
                terms.put(text(in), text(in));
            }
            return new JoinMessage(rank, threads, terms);
        } catch (BufferUnderflowException e) {
            throw (HandshakeException) new HandshakeException("a join message that ends too soon").initCause(e);
        }
    }

    private static String text(ByteBuffer in) throws HandshakeException {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new HandshakeException(
                    "a text of " + length + " bytes in a join message, " + in.remaining() + " are left");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Why these two can't be in one group, if they can't. */
    Optional<String> disagreement(JoinMessage other) {
        TreeSet<String> names = new TreeSet<>(terms.keySet());
        names.addAll(other.terms.keySet());
        for (String name : names) {
            String own = terms.getOrDefault(name, "nothing");
            String others = other.terms.getOrDefault(name, "nothing");
            if (!own.equals(others)) {
                return Optional.of(name + ": rank " + rank + " has " + own + ", rank " + other.rank + " has " + others);
            }
        }
        return Optional.empty();
    }

    /** Sends this, then reads the other side's. */
    JoinMessage exchange(Wire wire, byte[] key, boolean opener) throws IOException {
        byte[] bytes = encode();
        byte[] length = ByteBuffer.allocate(4).putInt(bytes.length).array();
        wire.write(length, Handshake.mac(key, opener ? "join-opener" : "join-listener", bytes), bytes);
        int theirs = ByteBuffer.wrap(wire.read(4)).getInt();
        if (theirs < 0 || theirs > MAX_BYTES) {
            throw new HandshakeException("a join message of " + theirs + " bytes, expected at most " + MAX_BYTES);
        }
        byte[] mac = wire.read(Handshake.MAC_BYTES);
        byte[] message = wire.read(theirs);
        if (!MessageDigest.isEqual(mac, Handshake.mac(key, opener ? "join-listener" : "join-opener", message))) {
            throw new HandshakeException("a join message that is not authentic");
        }
        return decode(message);
    }

    /** The terms that are always compared, with those of the caller. */
    static SortedMap<String, String> terms(Map<String, String> more, int worldSize, int spiVersion) {
        SortedMap<String, String> all = new TreeMap<>(more);
        all.put("world size", Integer.toString(worldSize));
        all.put("SPI version", Integer.toString(spiVersion));
        return all;
    }
}
