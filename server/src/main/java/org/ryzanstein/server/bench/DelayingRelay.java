package org.ryzanstein.server.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A slow link on one machine: passes connections on to an address, all bytes of both directions late by the same time. It takes
 * processor time of its own, and a thread wakes up some 50 microseconds later than it asked for, so what the ranks themselves
 * measure between them is more than what was added; reports give both.
 */
final class DelayingRelay implements AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final ServerSocket server;
    private final InetSocketAddress target;
    private final long delayNanos;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    /** Bytes that may go on from a time on; none at all are the end. */
    private record Late(byte[] bytes, long due) {}

    DelayingRelay(InetSocketAddress target, int delayMicros) {
        this.target = target;
        delayNanos = delayMicros * 1_000L;
        try {
            server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException("can't listen for connections to delay", e);
        }
        start("accept", this::accept);
    }

    /** Where to connect instead of the target. */
    InetSocketAddress address() {
        return new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
    }

    private static void start(String what, Runnable task) {
        Thread.ofPlatform().daemon().name("ryzanstein-relay-" + what).start(task);
    }

    private void accept() {
        while (!closed) {
            try {
                Socket near = keep(server.accept());
                try {
                    Socket far = keep(new Socket(target.getAddress(), target.getPort()));
                    pass(near, far);
                    pass(far, near);
                } catch (IOException e) {
                    // Nobody listens there: the opener sees its connection closed.
                    near.close();
                }
            } catch (IOException e) {
                // Closed, or a connection that has ended while it was accepted.
                LockSupport.parkNanos(delayNanos);
            }
        }
    }

    private Socket keep(Socket socket) throws IOException {
        sockets.add(socket);
        socket.setTcpNoDelay(true);
        return socket;
    }

    private void pass(Socket from, Socket to) {
        LinkedBlockingQueue<Late> late = new LinkedBlockingQueue<>();
        start("read", () -> {
            byte[] buffer = new byte[BUFFER];
            try (InputStream in = from.getInputStream()) {
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    late.add(new Late(Arrays.copyOf(buffer, read), System.nanoTime() + delayNanos));
                }
            } catch (IOException e) {
                // Reset: for the other side it is an end like any other.
                late.clear();
            }
            late.add(new Late(new byte[0], System.nanoTime() + delayNanos));
        });
        start("write", () -> {
            try (OutputStream out = to.getOutputStream()) {
                for (Late next = due(late.take()); next.bytes().length > 0; next = due(late.take())) {
                    out.write(next.bytes());
                }
            } catch (IOException e) {
                late.clear();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static Late due(Late late) {
        for (long left = late.due() - System.nanoTime(); left > 0; left = late.due() - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
        return late;
    }

    @Override
    public void close() {
        closed = true;
        try {
            server.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("can't close a delayed connection", e);
        }
    }
}
