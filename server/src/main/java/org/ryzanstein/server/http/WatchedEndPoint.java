package org.ryzanstein.server.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * A connection that can say, while its request is being served, whether the client has closed it.
 *
 * <p>Jetty reads nothing from an HTTP/1.1 connection between the end of a request and the end of its response, so it does
 * not see the client's FIN before it writes. {@link #isGone} reads ahead without blocking; bytes of a pipelined request
 * that come instead of the end are kept and handed to Jetty's next {@link #fill}. It must be called only while a request is
 * served, when no fill is awaited: a selector would not report bytes that were read ahead.
 */
final class WatchedEndPoint extends SocketChannelEndPoint {
    private static final int READ_AHEAD = 1024;

    private final Object lock = new Object();
    private ByteBuffer ahead = BufferUtil.EMPTY_BUFFER; // in flush mode: what was read and not handed on

    WatchedEndPoint(SocketChannel channel, ManagedSelector selector, SelectionKey key, Scheduler scheduler) {
        super(channel, selector, key, scheduler);
    }

    /** Whether the client has closed its side, or the connection is broken. Restarts the clock of the idle timeout. */
    boolean isGone() {
        synchronized (lock) {
            if (!isOpen()) {
                return true;
            }
            notIdle();
            if (ahead.capacity() == 0) {
                ahead = BufferUtil.allocate(READ_AHEAD);
            }
            int position = BufferUtil.flipToFill(ahead);
            try {
                return ahead.hasRemaining() && getChannel().read(ahead) < 0;
            } catch (IOException e) {
                return true;
            } finally {
                BufferUtil.flipToFlush(ahead, position);
            }
        }
    }

    @Override
    public int fill(ByteBuffer buffer) throws IOException {
        synchronized (lock) {
            if (ahead.hasRemaining()) {
                return BufferUtil.append(buffer, ahead);
            }
        }
        return super.fill(buffer);
    }
}
