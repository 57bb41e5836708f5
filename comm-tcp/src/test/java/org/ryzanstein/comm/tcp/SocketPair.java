package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Objects;

/** Both ends of a connection on the loopback interface, in blocking mode. */
record SocketPair(SocketChannel opener, SocketChannel listener) implements AutoCloseable {
    static SocketPair open() throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (ServerSocketChannel server = ServerSocketChannel.open().bind(any)) {
            SocketChannel opener = SocketChannel.open(Objects.requireNonNull(server.getLocalAddress()));
            return new SocketPair(opener, server.accept());
        }
    }

    @Override
    public void close() throws IOException {
        opener.close();
        listener.close();
    }
}
