package org.ryzanstein.comm.tcp;

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
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;

/** A slow link: passes connections on to an address, all bytes of both directions late by the same time. */
final class Relay implements AutoCloseable {
    private static final int NONE = -1;

    private final ServerSocket server;
    private final InetSocketAddress target;
    private final long delayNanos;
    private final int lost;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    /** Bytes that may go on at a time; none at all are the end. The number keeps bytes of the same time in order. */
    private record Late(byte[] bytes, long due, int number) implements Delayed {
        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            // Not by the delays that are left: time passes between asking one and the other.
            Late late = (Late) other;
            return due == late.due ? Integer.compare(number, late.number) : Long.compare(due - late.due, 0);
        }
    }

    Relay(InetSocketAddress target, int delayMillis) {
        this(target, delayMillis, NONE);
    }

    /** One that closes a connection as soon as it comes: the first one has number 0. */
    static Relay losing(InetSocketAddress target, int number) {
        return new Relay(target, 0, number);
    }

    private Relay(InetSocketAddress target, int delayMillis, int lost) {
        this.target = target;
        this.lost = lost;
        delayNanos = delayMillis * 1_000_000L;
        try {
            server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) Objects.requireNonNull(server.getLocalSocketAddress());
    }

    private void accept() {
        for (int number = 0; !server.isClosed(); number++) {
            try {
                Socket near = server.accept();
                if (number == lost) {
                    near.close();
                    continue;
                }
                sockets.add(near);
                Socket far = new Socket(target.getAddress(), target.getPort());
                sockets.add(far);
                near.setTcpNoDelay(true);
                far.setTcpNoDelay(true);
                pass(near, far);
                pass(far, near);
            } catch (IOException e) {
                // The test has ended, or nobody listens there: the opener sees its connection closed.
            }
        }
    }

    private void pass(Socket from, Socket to) {
        DelayQueue<Late> late = new DelayQueue<>();
        Thread.ofVirtual().start(() -> {
            byte[] buffer = new byte[1 << 16];
            int number = 0;
            try (InputStream in = from.getInputStream()) {
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    late.add(new Late(Arrays.copyOf(buffer, read), System.nanoTime() + delayNanos, number++));
                }
            } catch (IOException e) {
                // Closed: the other side is told below.
                late.clear();
            }
            late.add(new Late(new byte[0], System.nanoTime() + delayNanos, number));
        });
        Thread.ofVirtual().start(() -> {
            try (OutputStream out = to.getOutputStream()) {
                for (Late next = late.take(); next.bytes().length > 0; next = late.take()) {
                    out.write(next.bytes());
                }
            } catch (IOException e) {
                late.clear();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Override
    public void close() {
        try {
            server.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
