package org.ryzanstein.api.comm;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * An authenticated connection between two processes that carries whole messages in order. Signs of life go both ways by
 * themselves. Each direction may be used by one thread at a time.
 */
public interface Link extends AutoCloseable {
    /** Longer messages are refused, by both sides. */
    int MAX_MESSAGE_BYTES = 1 << 20;

    /** The other end. */
    InetSocketAddress peer();

    /**
     * Sends a message.
     *
     * @throws CommunicationException of kind RANK_DEAD, without a rank, if the other end is gone
     */
    void send(byte[] message);

    /**
     * The next message, or empty if none came in this time.
     *
     * @throws CommunicationException of kind RANK_DEAD, without a rank, if the other end is gone or has closed it
     */
    Optional<byte[]> receive(Duration timeout);

    /** False once the other end is gone, or it was closed here. */
    boolean isOpen();

    @Override
    void close();
}
