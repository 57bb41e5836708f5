package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.cert.X509Certificate;
import java.util.Optional;

/** A socket as it is. */
record PlainConnection(SocketChannel socket) implements Connection {
    @Override
    public int read(ByteBuffer target) throws IOException {
        return socket.read(target);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        return socket.write(source);
    }

    @Override
    public boolean holdsOutput() {
        return false;
    }

    @Override
    public boolean mayTakeMore() {
        return false;
    }

    @Override
    public int read(byte[] target, int offset, int count, int timeoutMillis) throws IOException {
        socket.socket().setSoTimeout(timeoutMillis);
        return socket.socket().getInputStream().read(target, offset, count);
    }

    @Override
    public void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public Optional<X509Certificate> certificate() {
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
