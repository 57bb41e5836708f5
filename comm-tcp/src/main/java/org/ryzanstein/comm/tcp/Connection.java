package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.security.cert.X509Certificate;
import java.util.Optional;

/** A TCP connection, plain or under TLS, or shared memory beside one. One thread at a time reads, one writes. */
interface Connection {
    /** Instead of what to select for: there is something to do already. */
    int GO_ON = -1;

    /** For its addresses, its options and a selector. Bytes go through the connection. */
    SocketChannel socket();

    /** As {@link SocketChannel#read(ByteBuffer)}. */
    int read(ByteBuffer target) throws IOException;

    /** As {@link SocketChannel#write(ByteBuffer)}. What was taken may still be held here. */
    int write(ByteBuffer source) throws IOException;

    /** Bytes that were taken and not passed to the socket yet; a further write, also of nothing, passes them on. */
    boolean holdsOutput();

    /** Whether more can be written after a write that did not take all. */
    boolean mayTakeMore();

    /**
     * A thread is about to block in a selector until bytes can be read, or written, or both. {@link #goOn} ends that.
     *
     * @return what the selector has to look for, or {@link #GO_ON}
     */
    default int prepareToBlock(boolean input, boolean output) throws IOException {
        return (input ? SelectionKey.OP_READ : 0) | (output ? SelectionKey.OP_WRITE : 0);
    }

    /** The selector has found the socket ready. */
    default void wake() {}

    /** The thread does not block any more. */
    default void goOn() throws IOException {}

    /**
     * Reads at least one byte, in blocking mode.
     *
     * @throws java.net.SocketTimeoutException if none came in time
     */
    int read(byte[] target, int offset, int count, int timeoutMillis) throws IOException;

    /** Says that nothing more will be written. */
    void shutdownOutput() throws IOException;

    /** Who the other side is, where that was proved by a certificate. */
    Optional<X509Certificate> certificate();

    /** Closes without a word. */
    void close() throws IOException;
}
