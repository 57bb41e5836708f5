package org.ryzanstein.comm.tcp;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;

/** A connection in blocking mode with one deadline for all that is read, however slowly the bytes trickle in. */
final class Wire {
    private final Connection connection;
    private final long deadline;

    Wire(Connection connection, long deadlineNanos) {
        this.connection = connection;
        deadline = deadlineNanos;
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
            int read = connection.read(bytes, done, count - done, (int) Math.min(millis, Integer.MAX_VALUE));
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
            connection.write(all);
        }
    }
}
