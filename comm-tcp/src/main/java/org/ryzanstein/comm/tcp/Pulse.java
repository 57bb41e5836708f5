package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.CommunicationException.Kind;

/**
 * The thread that says that this rank lives and listens whether the others do, over connections of its own: neither a long
 * computation nor a long message delays it. It also carries the reason when a rank ends everything, and the farewell of a rank
 * that leaves.
 */
final class Pulse implements Runnable, AutoCloseable {
    private static final Logger LOG = System.getLogger(Pulse.class.getName());

    /** Time between two signs of life. */
    static final long BEAT_NANOS = 100_000_000L;

    /**
     * A sign of life that comes when the own one is due so soon is answered at once. So all ranks send theirs together, and a
     * rank that computes is interrupted once for all of them.
     */
    private static final long TOGETHER_NANOS = BEAT_NANOS / 2;

    /** A peer that was not heard of for so long is dead. */
    static final long DEAD_NANOS = 1_000_000_000L;

    /** This process was itself stopped if its thread took so long between two turns, which take a tenth of a second at most. */
    private static final long STOPPED_NANOS = DEAD_NANOS / 2;

    /** How long a rank that leaves waits for the others to read what it sent. */
    private static final long LINGER_NANOS = 500_000_000L;

    /** What is known of a peer. */
    private enum State {
        ALIVE,
        LEFT,
        DEAD
    }

    /** A peer's control connection. */
    private static final class Peer {
        private final int rank;
        private final Connection connection;
        private final ByteBuffer in = ControlFrame.buffer();
        private final ByteBuffer out = ControlFrame.buffer();
        private volatile State state = State.ALIVE;
        private long heard;
        private boolean ended;

        private Peer(int rank, Connection connection, long now) {
            this.rank = rank;
            this.connection = connection;
            heard = now;
        }
    }

    private final Mesh mesh;
    private final List<Peer> peers = new ArrayList<>();
    private final List<Connection> data;
    private final Selector selector;
    private final SortedSet<Integer> dead = new ConcurrentSkipListSet<>();
    private final AtomicReference<@Nullable CommunicationException> toAnnounce = new AtomicReference<>();
    private final CountDownLatch farewell = new CountDownLatch(1);
    private volatile boolean closing;
    private volatile boolean crashed;
    private long lingerUntil;

    Pulse(Mesh mesh, Map<Integer, Connection> control, Map<Integer, Connection> data) throws IOException {
        this.mesh = mesh;
        this.data = List.copyOf(data.values());
        selector = Selector.open();
        long now = System.nanoTime();
        for (Map.Entry<Integer, Connection> entry : control.entrySet()) {
            Connection connection = entry.getValue();
            connection.socket().configureBlocking(false);
            connection.socket().register(selector, SelectionKey.OP_READ);
            peers.add(new Peer(entry.getKey(), connection, now));
        }
    }

    void start() {
        if (peers.isEmpty()) {
            farewell.countDown();
            closeAll();
        } else {
            Thread.ofPlatform().daemon().name("ryzanstein-pulse-" + mesh.rank()).start(this);
        }
    }

    /** Tells the other ranks why everything ends. */
    void announce(CommunicationException reason) {
        if (toAnnounce.compareAndSet(null, reason)) {
            selector.wakeup();
        }
    }

    SortedSet<Integer> deadRanks() {
        return Collections.unmodifiableSortedSet(dead);
    }

    boolean hasLeft(int rank) {
        for (Peer peer : peers) {
            if (peer.rank == rank) {
                return peer.state == State.LEFT;
            }
        }
        return false;
    }

    /** A peer is gone without a farewell. */
    void declareDead(int rank, String why) {
        if (dead.add(rank)) {
            LOG.log(Level.WARNING, "rank {0}, epoch {1}: rank {2} is dead: {3}", mesh.rank(), mesh.epoch(), rank, why);
        }
        var _ = mesh.fail(Kind.RANK_DEAD, rank, "rank " + rank + " is dead: " + why);
    }

    @Override
    public void run() {
        try {
            long nextBeat = System.nanoTime();
            long lastTurn = nextBeat;
            while (!crashed && !lingered()) {
                // Rounded up: who wakes just before it is time wakes twice.
                long millis = closing ? 1 : Math.clamp(Math.ceilDiv(nextBeat - System.nanoTime(), 1_000_000L), 1, 100);
                boolean heard = selector.select(Pulse::ignore, millis) > 0;
                // Everything that has come is read before anybody is judged: this process may itself have been stopped.
                peers.forEach(this::read);
                long now = System.nanoTime();
                if (now - lastTurn > STOPPED_NANOS) {
                    // The others may have been stopped with it, and have not sent anything yet.
                    peers.forEach(peer -> peer.heard = now);
                }
                lastTurn = now;
                announce();
                if (now - nextBeat >= (heard ? -TOGETHER_NANOS : 0)) {
                    peers.forEach(peer -> put(peer, ControlFrame.BEAT));
                    nextBeat = now + BEAT_NANOS;
                }
                if (closing && lingerUntil == 0) {
                    peers.forEach(peer -> put(peer, ControlFrame.FAREWELL));
                }
                peers.forEach(this::write);
                judge(now);
                leave(now);
            }
        } catch (IOException e) {
            LOG.log(Level.ERROR, "the heartbeat of rank " + mesh.rank() + " has ended", e);
        } finally {
            farewell.countDown();
            closeAll();
        }
    }

    /** Keys are of no use here: all connections are tried. */
    private static void ignore(SelectionKey key) {}

    private boolean lingered() {
        if (lingerUntil == 0) {
            return false;
        }
        boolean allEnded = peers.stream().allMatch(peer -> peer.ended);
        return allEnded || System.nanoTime() - lingerUntil >= 0;
    }

    private void announce() {
        CommunicationException reason = toAnnounce.getAndSet(null);
        if (reason != null) {
            byte[] text = ControlFrame.text(reason);
            for (Peer peer : peers) {
                if (!peer.ended) {
                    ControlFrame.put(peer.out, ControlFrame.ABORT, mesh.epoch(), reason.kind(), reason.rank(), text);
                }
            }
        }
    }

    private void put(Peer peer, byte type) {
        if (!peer.ended) {
            ControlFrame.put(peer.out, type, mesh.epoch(), Kind.ABORTED, mesh.rank(), ControlFrame.NO_TEXT);
        }
    }

    private void write(Peer peer) {
        if (peer.ended || (peer.out.position() == 0 && !peer.connection.holdsOutput())) {
            return;
        }
        try {
            peer.out.flip();
            peer.connection.write(peer.out);
            peer.out.compact();
        } catch (IOException e) {
            // A peer that has left is not there to listen any more, but its farewell is.
            read(peer);
            end(peer);
        }
    }

    private void read(Peer peer) {
        if (peer.ended) {
            return;
        }
        try {
            int read = peer.connection.read(peer.in);
            while (read > 0) {
                peer.heard = System.nanoTime();
                parse(peer);
                read = peer.connection.read(peer.in);
            }
            if (read < 0) {
                end(peer);
            }
        } catch (IOException e) {
            end(peer);
        }
    }

    private void parse(Peer peer) throws IOException {
        peer.in.flip();
        while (ControlFrame.isWhole(peer.in)) {
            ControlFrame frame = ControlFrame.take(peer.in);
            if (frame.epoch() == mesh.epoch()) {
                act(peer, frame);
            }
        }
        peer.in.compact();
    }

    private void act(Peer peer, ControlFrame frame) {
        switch (frame.type()) {
            case ControlFrame.FAREWELL -> peer.state = State.LEFT;
            case ControlFrame.ABORT -> {
                if (frame.kind() == Kind.RANK_DEAD && frame.rank() != mesh.rank()) {
                    dead.add(frame.rank());
                } else if (frame.kind() == Kind.ABORTED && frame.rank() == peer.rank) {
                    // It has said that it ends, and why: that its connection ends, too, is no news.
                    peer.state = State.LEFT;
                }
                mesh.failed(new CommunicationException(frame.kind(), frame.rank(), frame.text()));
            }
            default -> {}
        }
    }

    private void end(Peer peer) {
        if (peer.ended) {
            return;
        }
        peer.ended = true;
        if (peer.state == State.ALIVE && !closing && !crashed) {
            peer.state = State.DEAD;
            declareDead(peer.rank, "its connection is closed");
        }
        try {
            peer.connection.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing the connection to rank " + peer.rank, e);
        }
    }

    private void judge(long now) {
        for (Peer peer : peers) {
            if (!peer.ended && peer.state == State.ALIVE && now - peer.heard > DEAD_NANOS) {
                peer.state = State.DEAD;
                declareDead(peer.rank, "no sign of life for " + (now - peer.heard) / 1_000_000 + " ms");
            }
        }
    }

    /** Says that nothing more will come, once the farewell is out, and from then on throws away what still arrives. */
    private void leave(long now) throws IOException {
        if (!closing) {
            return;
        }
        if (lingerUntil == 0) {
            lingerUntil = now + LINGER_NANOS;
            for (Connection connection : data) {
                shutdown(connection);
            }
            for (Peer peer : peers) {
                shutdown(peer.connection);
            }
            farewell.countDown();
        }
        ByteBuffer nowhere = ByteBuffer.allocate(1 << 16);
        for (Connection connection : data) {
            discard(connection, nowhere);
        }
    }

    private static void shutdown(Connection connection) {
        try {
            if (connection.socket().isOpen()) {
                connection.shutdownOutput();
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the peer has closed first", e);
        }
    }

    private static void discard(Connection connection, ByteBuffer nowhere) {
        try {
            while (connection.socket().isOpen() && connection.read(nowhere.clear()) > 0) {}
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the peer has closed first", e);
        }
    }

    private void closeAll() {
        try {
            for (Peer peer : peers) {
                peer.connection.close();
            }
            for (Connection connection : data) {
                connection.close();
            }
            selector.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing the connections of rank " + mesh.rank(), e);
        }
    }

    /** Closes all connections at once. */
    void crash() {
        crashed = true;
        closeAll();
        mesh.failed(new CommunicationException(Kind.ABORTED, mesh.rank(), "rank " + mesh.rank() + " has crashed"));
    }

    /** Returns when the farewell is on its way. */
    @Override
    public void close() {
        closing = true;
        selector.wakeup();
        try {
            if (!farewell.await(DEAD_NANOS, TimeUnit.NANOSECONDS)) {
                LOG.log(Level.WARNING, "rank {0} could not say farewell", mesh.rank());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
