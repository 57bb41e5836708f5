package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * A connection to a process of the same machine: bytes go through two rings in memory that both have mapped, and the socket is
 * the doorbell and the sign of the end. Whoever is about to block says so in the memory and looks again; whoever then writes, or
 * makes room, sends a byte over the socket. These bytes have no meaning: they wake a selector and are thrown away.
 */
final class SharedConnection implements Connection {
    private static final Logger LOG = System.getLogger(SharedConnection.class.getName());
    private static final int DRAIN_BYTES = 1 << 12;

    private final Connection bell;
    private final Arena arena;
    private final RingReader incoming;
    private final RingWriter outgoing;
    private final ByteBuffer ring = ByteBuffer.allocateDirect(1);
    private final ByteBuffer drain = ByteBuffer.allocateDirect(DRAIN_BYTES);

    /** Whether the socket has ended. What lies in the memory was sent before. */
    private boolean ended;

    /** Whether the other side may have been told that this one blocks. */
    private boolean announced;

    /**
     * Takes over the memory.
     *
     * @param arena what {@link #close} frees it by
     * @param opener whether this side has opened the connection
     */
    SharedConnection(Connection bell, Arena arena, MemorySegment memory, boolean opener) {
        this.bell = bell;
        this.arena = arena;
        incoming = new RingReader(memory, opener ? 1 : 0);
        outgoing = new RingWriter(memory, opener ? 0 : 1);
    }

    @Override
    public SocketChannel socket() {
        return bell.socket();
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        // In this order: what was sent before the end is in the memory.
        boolean over = ended;
        try {
            int count = incoming.read(target);
            if (count > 0 && incoming.takeWaitingWriter()) {
                ring();
            }
            return count == 0 && over ? -1 : count;
        } catch (InternalError e) {
            throw cutOff();
        } catch (IllegalStateException e) {
            throw closed(e);
        }
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        if (ended) {
            throw new IOException("the other side has closed the connection");
        }
        int before = source.position();
        try {
            while (source.hasRemaining() && outgoing.write(source) > 0) {
                if (outgoing.takeWaitingReader()) {
                    ring();
                }
            }
        } catch (InternalError e) {
            throw cutOff();
        } catch (IllegalStateException e) {
            throw closed(e);
        }
        return source.position() - before;
    }

    /** The JVM says so of memory that the file behind it has no more. */
    private static RingException cutOff() {
        return new RingException("no memory any more: the shared file was cut off");
    }

    private static IOException closed(IllegalStateException cause) {
        return new IOException("the connection was closed here", cause);
    }

    /** Wakes the other side. A socket that takes no more holds enough to wake it. */
    private void ring() {
        try {
            bell.write(ring.clear());
        } catch (IOException e) {
            // Whatever it has sent is still to be read.
            ended = true;
        }
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
    public int prepareToBlock(boolean input, boolean output) throws IOException {
        try {
            announced = input || output;
            if (input) {
                incoming.announce();
            }
            if (output) {
                outgoing.announce();
            }
            if ((input && incoming.hasInput()) || (output && outgoing.hasRoom())) {
                return GO_ON;
            }
        } catch (InternalError e) {
            throw cutOff();
        } catch (IllegalStateException e) {
            throw closed(e);
        }
        return ended ? 0 : SelectionKey.OP_READ;
    }

    @Override
    public void goOn() throws IOException {
        if (!announced) {
            return;
        }
        announced = false;
        try {
            incoming.goesOn();
            outgoing.goesOn();
        } catch (InternalError e) {
            throw cutOff();
        } catch (IllegalStateException e) {
            throw closed(e);
        }
    }

    @Override
    public void wake() {
        try {
            // Once: if there is more, the selector says so again.
            ended |= bell.read(drain.clear()) < 0;
        } catch (IOException e) {
            ended = true;
        }
    }

    /** Not needed: what is said in blocking mode was said before there was the memory. */
    @Override
    public int read(byte[] target, int offset, int count, int timeoutMillis) {
        throw new UnsupportedOperationException("shared memory is not read in blocking mode");
    }

    @Override
    public void shutdownOutput() throws IOException {
        bell.shutdownOutput();
    }

    @Override
    public Optional<X509Certificate> certificate() {
        return bell.certificate();
    }

    @Override
    public void close() throws IOException {
        try {
            arena.close();
        } catch (IllegalStateException e) {
            LOG.log(Level.DEBUG, "the memory is free already", e);
        }
        bell.close();
    }
}
