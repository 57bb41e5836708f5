package org.ryzanstein.comm.tcp;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A connection under TLS 1.3, by an {@link SSLEngine}: records of at most 16 KiB are encrypted into a buffer of several records
 * and decrypted from another one. The handshake is done in blocking mode; afterwards either mode works.
 */
final class TlsConnection implements Connection {
    private static final int RECORDS = 4;

    private final SocketChannel socket;
    private final SSLEngine engine;
    private final int packetBytes;
    private final int plainBytes;

    /** Encrypted bytes that have come, ready to be read. */
    private final ByteBuffer netIn;

    /** Encrypted bytes that wait for the socket, ready to be read. Guarded by itself: a reader may have to answer. */
    private final ByteBuffer netOut;

    /** Decrypted bytes that did not fit where they were wanted, ready to be read. */
    private final ByteBuffer plain;

    private @Nullable X509Certificate peer;

    TlsConnection(SocketChannel socket, SSLEngine engine) {
        this.socket = socket;
        this.engine = engine;
        packetBytes = engine.getSession().getPacketBufferSize();
        plainBytes = engine.getSession().getApplicationBufferSize();
        netIn = ByteBuffer.allocate(RECORDS * packetBytes).flip();
        netOut = ByteBuffer.allocate(RECORDS * packetBytes).flip();
        plain = ByteBuffer.allocate(plainBytes).flip();
    }

    /** Shakes hands; both sides prove who they are. The other side is told why it fails. */
    void handshake(long deadlineNanos) throws IOException {
        try {
            shakeHands(deadlineNanos);
        } catch (SSLException e) {
            try {
                var _ = wrapNothing();
            } catch (IOException gone) {
                e.addSuppressed(gone);
            }
            throw e;
        }
    }

    private void shakeHands(long deadlineNanos) throws IOException {
        engine.beginHandshake();
        HandshakeStatus status = engine.getHandshakeStatus();
        while (status != HandshakeStatus.FINISHED && status != HandshakeStatus.NOT_HANDSHAKING) {
            switch (status) {
                case NEED_TASK -> {
                    runTasks();
                    status = engine.getHandshakeStatus();
                }
                case NEED_WRAP -> status = wrapNothing().getHandshakeStatus();
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> status = unwrapHandshake(deadlineNanos);
                case FINISHED, NOT_HANDSHAKING -> {}
            }
        }
        if (engine.getSession().getPeerCertificates()[0] instanceof X509Certificate certificate) {
            peer = certificate;
        }
    }

    private HandshakeStatus unwrapHandshake(long deadlineNanos) throws IOException {
        SSLEngineResult result = unwrap(ByteBuffer.allocate(plainBytes));
        if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
            long millis = (deadlineNanos - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                throw new SocketTimeoutException("the other side was too slow");
            }
            if (fill((int) Math.min(millis, Integer.MAX_VALUE)) < 0) {
                throw new EOFException("the other side has closed the connection");
            }
        } else if (result.getStatus() == Status.CLOSED) {
            throw new EOFException("the other side has ended TLS");
        } else if (result.bytesProduced() > 0) {
            throw new SSLException("data before the end of the handshake");
        }
        return result.getHandshakeStatus();
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    private SSLEngineResult unwrap(ByteBuffer target) throws IOException {
        return engine.unwrap(netIn, target);
    }

    /** Lets the engine say what it has to say. */
    private SSLEngineResult wrapNothing() throws IOException {
        synchronized (netOut) {
            flush();
            netOut.compact();
            try {
                return engine.wrap(ByteBuffer.allocate(0), netOut);
            } finally {
                netOut.flip();
                flush();
            }
        }
    }

    private void flush() throws IOException {
        if (netOut.hasRemaining()) {
            socket.write(netOut);
        }
    }

    /** Reads encrypted bytes; a timeout is for blocking mode, 0 is for none. */
    private int fill(int timeoutMillis) throws IOException {
        netIn.compact();
        try {
            if (timeoutMillis == 0) {
                return socket.read(netIn);
            }
            socket.socket().setSoTimeout(timeoutMillis);
            int read = socket.socket().getInputStream().read(netIn.array(), netIn.position(), netIn.remaining());
            netIn.position(netIn.position() + Math.max(0, read));
            return read;
        } finally {
            netIn.flip();
        }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return read(target, 0);
    }

    private int read(ByteBuffer target, int timeoutMillis) throws IOException {
        int before = target.position();
        while (target.hasRemaining()) {
            if (plain.hasRemaining()) {
                int count = Math.min(plain.remaining(), target.remaining());
                target.put(target.position(), plain, plain.position(), count);
                target.position(target.position() + count);
                plain.position(plain.position() + count);
                continue;
            }
            Status status = decrypt(target);
            boolean some = target.position() > before || plain.hasRemaining();
            if (status == Status.CLOSED) {
                return some ? target.position() - before : -1;
            }
            if (status == Status.BUFFER_UNDERFLOW) {
                // In blocking mode nothing is waited for once there is something.
                if (some && socket.isBlocking()) {
                    break;
                }
                int read = fill(timeoutMillis);
                if (read <= 0) {
                    return some ? target.position() - before : read;
                }
            }
        }
        return target.position() - before;
    }

    /** Decrypts a record, where there is a whole one. */
    private Status decrypt(ByteBuffer target) throws IOException {
        SSLEngineResult result;
        if (target.remaining() >= plainBytes) {
            result = unwrap(target);
        } else {
            plain.clear();
            result = unwrap(plain);
            plain.flip();
        }
        switch (result.getHandshakeStatus()) {
            case NEED_TASK -> runTasks();
            case NEED_WRAP -> {
                if (result.getStatus() != Status.CLOSED) {
                    var _ = wrapNothing();
                }
            }
            default -> {}
        }
        return result.getStatus();
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        synchronized (netOut) {
            flush();
            if (netOut.hasRemaining()) {
                return 0;
            }
            int before = source.position();
            do {
                netOut.clear();
                try {
                    while (source.hasRemaining() && netOut.remaining() >= packetBytes) {
                        if (engine.wrap(source, netOut).getStatus() != Status.OK) {
                            throw new SSLException("TLS has ended");
                        }
                    }
                } finally {
                    netOut.flip();
                }
                flush();
            } while (source.hasRemaining() && !netOut.hasRemaining());
            return source.position() - before;
        }
    }

    @Override
    public boolean holdsOutput() {
        return netOut.hasRemaining();
    }

    @Override
    public boolean mayTakeMore() {
        return !netOut.hasRemaining();
    }

    @Override
    public int read(byte[] target, int offset, int count, int timeoutMillis) throws IOException {
        return read(ByteBuffer.wrap(target, offset, count), timeoutMillis);
    }

    @Override
    public void shutdownOutput() throws IOException {
        engine.closeOutbound();
        var _ = wrapNothing();
        socket.shutdownOutput();
    }

    @Override
    public SocketChannel socket() {
        return socket;
    }

    @Override
    public Optional<X509Certificate> certificate() {
        return Optional.ofNullable(peer);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
