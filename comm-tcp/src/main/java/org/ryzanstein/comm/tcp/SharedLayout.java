package org.ryzanstein.comm.tcp;

/**
 * Where what lies in the memory that two ranks share: a page with both nonces and the counters of both rings, then the bytes of
 * the rings. Ring 0 goes from the opener of the connection to its listener, ring 1 back. Of each ring:
 *
 * <pre>
 * {@value #AT_TAIL}    bytes ever written, by the writer
 * {@value #AT_HEAD}  bytes ever read, by the reader
 * {@value #AT_READER_WAITS}  1 while the reader blocks until there is something to read
 * {@value #AT_WRITER_WAITS}  1 while the writer blocks until there is room
 * </pre>
 *
 * Each of these has two cache lines of its own, because hardware fetches lines in pairs.
 */
final class SharedLayout {
    static final int AT_OPENER_NONCE = 0;
    static final int AT_LISTENER_NONCE = 32;

    static final int AT_TAIL = 0;
    static final int AT_HEAD = 128;
    static final int AT_READER_WAITS = 256;
    static final int AT_WRITER_WAITS = 384;

    /** Bytes that a ring holds, a power of two. */
    static final int RING_BYTES = 1 << 20;

    private static final int COUNTERS_BYTES = 512;
    private static final int AT_COUNTERS = 1024;
    private static final int AT_RINGS = 4096;

    /** Size of the whole. */
    static final int BYTES = AT_RINGS + 2 * RING_BYTES;

    private SharedLayout() {}

    /** Where the counters of a ring begin. */
    static int counters(int ring) {
        return AT_COUNTERS + ring * COUNTERS_BYTES;
    }

    /** Where the bytes of a ring begin. */
    static int bytes(int ring) {
        return AT_RINGS + ring * RING_BYTES;
    }
}
