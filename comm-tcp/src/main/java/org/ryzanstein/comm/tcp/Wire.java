package org.ryzanstein.comm.tcp;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A socket in blocking mode with one deadline for all that is read, however slowly the bytes trickle in. */
final class Wire {
    private final SocketChannel socket;
    private final InputStream in;
    private final long deadline;

    Wire(SocketChannel socket, long deadlineNanos) throws IOException {
        this.socket = socket;
        deadline = deadlineNanos;
        in = socket.socket().getInputStream();
    }

    /** Exactly so many bytes. */
    byte[] read(int count) throws IOException {
        byte[] bytes = new byte[count];
        int done = 0;
        while (done < count) {
            long millis = (deadline - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                throw new SocketTimeoutException("the other side was too slow");
            }
            socket.socket().setSoTimeout((int) Math.min(millis, Integer.MAX_VALUE));
            int read = in.read(bytes, done, count - done);
            if (read < 0) {
                throw new EOFException("the other side has closed the connection");
            }
            done += read;
        }
        return bytes;
    }

    void write(byte[]... parts) throws IOException {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteBuffer all = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            all.put(part);
        }
        all.flip();
        while (all.hasRemaining()) {
            socket.write(all);
        }
    }
}
