package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.CommunicationException.Kind;
import org.ryzanstein.api.comm.Link;

/**
 * A link: frames of 16 bytes (magic, type, length, checksum of the message) and a message. One thread reads, another
 * one sends signs of life and listens for them. They are platform threads: to wake a virtual one wakes its poller or timer too, and ranks
 * compute on all processors.
 */
final class TcpLink implements Link {
    private static final Logger LOG = System.getLogger(TcpLink.class.getName());
    private static final int MAGIC = 0x52595A4C; // "RYZL"
    private static final int HEADER_BYTES = 16;
    private static final int BEAT = 0;
    private static final int MESSAGE = 1;
    private static final byte[] NO_MESSAGE = {};
    /** Less often than within a group, where nothing shall wait for the dead: each one wakes four threads. */
    private static final long BEAT_NANOS = 250_000_000L;

    /** Messages that nobody fetches fill no more than this. */
    private static final long MAX_WAITING_BYTES = 16L * MAX_MESSAGE_BYTES;

    /** What a message that waits takes beside its own bytes, about. */
    private static final long KEPT_BYTES = 64;

    private final Connection connection;
    private final InetSocketAddress peer;
    private final ReentrantLock writing = new ReentrantLock();
    /** What has come; an empty entry is the end. */
    private final LinkedBlockingQueue<Optional<byte[]>> messages = new LinkedBlockingQueue<>();

    private final AtomicLong waitingBytes = new AtomicLong();
    private volatile long heard = System.nanoTime();
    private volatile boolean open = true;
    private volatile String end = "it was closed";

    TcpLink(Connection connection) throws IOException {
        this.connection = connection;
        peer = (InetSocketAddress) Objects.requireNonNull(connection.socket().getRemoteAddress());
        connection.socket().socket().setSoTimeout(0);
        Thread.ofPlatform().daemon().name("ryzanstein-link-" + peer).start(this::read);
        Thread.ofPlatform().daemon().name("ryzanstein-link-pulse-" + peer).start(this::beat);
    }

    @Override
    public InetSocketAddress peer() {
        return peer;
    }

    @Override
    public void send(byte[] message) {
        if (message.length > MAX_MESSAGE_BYTES) {
            throw new IllegalArgumentException(
                    "a message of " + message.length + " bytes, expected at most " + MAX_MESSAGE_BYTES);
        }
        writing.lock();
        try {
            write(MESSAGE, message);
        } catch (IOException e) {
            shut(String.valueOf(e.getMessage()));
            throw gone(e);
        } finally {
            writing.unlock();
        }
    }

    private void write(int type, byte[] message) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(HEADER_BYTES + message.length);
        frame.putInt(MAGIC)
                .putInt(type)
                .putInt(message.length)
                .putInt(checksum(message))
                .put(message)
                .flip();
        while (frame.hasRemaining()) {
            connection.write(frame);
        }
    }

    private static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    private CommunicationException gone(IOException cause) {
        return new CommunicationException(
                Kind.RANK_DEAD, CommunicationException.NO_RANK, "the link to " + peer + " is gone: " + end, cause);
    }

    @Override
    public Optional<byte[]> receive(Duration timeout) {
        try {
            Optional<byte[]> message = messages.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
            if (message == null) {
                return Optional.empty();
            }
            if (message.isEmpty()) {
                // For later calls.
                messages.add(message);
                throw gone(new IOException(end));
            }
            waitingBytes.addAndGet(-message.get().length - KEPT_BYTES);
            return message;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommunicationException(
                    Kind.ABORTED, CommunicationException.NO_RANK, "interrupted while waiting for " + peer, e);
        }
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    private void read() {
        try {
            while (open) {
                ByteBuffer header = ByteBuffer.wrap(readFully(HEADER_BYTES));
                int length = header.getInt(8);
                if (header.getInt(0) != MAGIC || length < 0 || length > MAX_MESSAGE_BYTES) {
                    throw new IOException("it sent no frame, or one of " + length + " bytes");
                }
                byte[] message = readFully(length);
                if (checksum(message) != header.getInt(12)) {
                    throw new IOException("the checksum of a message is wrong");
                }
                if (header.getInt(4) == MESSAGE) {
                    if (waitingBytes.addAndGet(length + KEPT_BYTES) > MAX_WAITING_BYTES) {
                        throw new IOException("nobody fetches its messages");
                    }
                    messages.add(Optional.of(message));
                }
            }
        } catch (IOException e) {
            shut(String.valueOf(e.getMessage()));
        } finally {
            messages.add(Optional.empty());
        }
    }

    private byte[] readFully(int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            if (connection.read(bytes) < 0) {
                throw new IOException("the other end has closed it");
            }
            heard = System.nanoTime();
        }
        return bytes.array();
    }

    private void beat() {
        try {
            while (open) {
                long begun = System.nanoTime();
                TimeUnit.NANOSECONDS.sleep(BEAT_NANOS);
                // This process may itself have been stopped: then what came meanwhile is still to be read.
                boolean late = System.nanoTime() - begun > 2 * BEAT_NANOS;
                // A message that is being written is a sign of life too.
                if (writing.tryLock()) {
                    try {
                        write(BEAT, NO_MESSAGE);
                    } finally {
                        writing.unlock();
                    }
                }
                long silent = System.nanoTime() - heard;
                if (!late && silent > Pulse.DEAD_NANOS) {
                    shut("no sign of life for " + silent / 1_000_000 + " ms");
                }
            }
        } catch (IOException e) {
            shut(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void shut(String reason) {
        synchronized (messages) {
            if (open) {
                open = false;
                end = reason;
            }
        }
        try {
            connection.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing the link to " + peer, e);
        }
    }

    @Override
    public void close() {
        shut("it was closed here");
    }
}
