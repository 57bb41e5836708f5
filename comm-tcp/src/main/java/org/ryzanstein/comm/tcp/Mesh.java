package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.CommunicationException.Kind;

/**
 * One formation: a data connection to every other rank, and the groups whose frames they carry. There is no thread for data:
 * the thread that calls and waits moves it, which saves two hand-offs on the way of each message. While it waits it first
 * polls all connections without sleeping, for as long as {@link WaitPolicy} allows, and then blocks in a selector.
 */
final class Mesh implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Mesh.class.getName());

    /** In how many turns of a wait the connections are polled that it does not wait for. */
    private static final int OTHERS_EVERY = 16;

    /** How often a blocked wait looks around by itself. */
    private static final long LONGEST_BLOCK_MILLIS = 20;

    /** How long a peer with a broken data connection may still give signs of life. */
    private static final long BROKEN_NANOS = 1_000_000_000L;

    private final int rank;
    private final int worldSize;
    private final long epoch;
    private final WaitPolicy waiting;
    private final String transport;
    private final Selector selector;
    private final @Nullable PeerChannel[] channels;
    private final long[] brokenSince;
    private final Pulse pulse;
    private final Packing packing = new Packing();
    private final AtomicReference<@Nullable CommunicationException> failure = new AtomicReference<>();

    private @Nullable TcpCommunicator[] groups = new @Nullable TcpCommunicator[4];
    private int nextGroup;
    private int turn;

    /** Whether the last blocked wait ended without anything to read or write. */
    private boolean idle;

    private boolean closed;

    /**
     * Takes over authenticated connections.
     *
     * @param data by rank, all but the own one
     * @param control by rank, all but the own one
     * @param transport how data go to whom, for the report
     */
    Mesh(
            int rank,
            int worldSize,
            long epoch,
            WaitPolicy waiting,
            Map<Integer, Connection> data,
            Map<Integer, Connection> control,
            String transport)
            throws IOException {
        this.rank = rank;
        this.worldSize = worldSize;
        this.epoch = epoch;
        this.waiting = waiting;
        this.transport = transport;
        selector = Selector.open();
        channels = new @Nullable PeerChannel[worldSize];
        brokenSince = new long[worldSize];
        for (Map.Entry<Integer, Connection> entry : data.entrySet()) {
            channels[entry.getKey()] = new PeerChannel(this, entry.getKey(), entry.getValue(), selector);
        }
        pulse = new Pulse(this, control, data);
        pulse.start();
    }

    int rank() {
        return rank;
    }

    int worldSize() {
        return worldSize;
    }

    long epoch() {
        return epoch;
    }

    WaitPolicy waiting() {
        return waiting;
    }

    String transport() {
        return transport;
    }

    Packing packing() {
        return packing;
    }

    PeerChannel channel(int peer) {
        return Objects.requireNonNull(channels[peer]);
    }

    int nextGroup() {
        return nextGroup;
    }

    /** Makes frames of a group known. Its number must be new. */
    void add(TcpCommunicator group) {
        while (group.id() >= groups.length) {
            groups = Arrays.copyOf(groups, groups.length * 2);
        }
        groups[group.id()] = group;
        nextGroup = group.id() + 1;
        unstall();
    }

    void remove(TcpCommunicator group) {
        groups[group.id()] = null;
    }

    /** A call was made: frames that wait may belong to it. */
    void unstall() {
        for (PeerChannel channel : channels) {
            if (channel != null) {
                channel.unstall();
            }
        }
    }

    /**
     * Hands a frame to the call that it belongs to.
     *
     * @return false if that call was not made here yet
     */
    boolean dispatch(PeerChannel from, ByteBuffer frame, int at, MemorySegment memory) {
        int number = Frame.group(frame, at);
        TcpCommunicator group = number >= 0 && number < groups.length ? groups[number] : null;
        if (group == null) {
            if (number < nextGroup) {
                throw fail(
                        Kind.MISMATCH,
                        from.peer(),
                        "rank " + from.peer() + " called " + call(frame, at) + ", which is closed here");
            }
            return false;
        }
        int sender = group.rankOf(from.peer());
        if (sender < 0) {
            throw fail(
                    Kind.MISMATCH,
                    from.peer(),
                    "rank " + from.peer() + " called " + call(frame, at) + ", of which it is no member here");
        }
        int sequence = Frame.sequence(frame, at);
        boolean message = Frame.kind(frame, at) == WireCodes.SEND;
        TcpOperation operation = group.underWay(message, sender, sequence);
        if (operation == null) {
            if (sequence - group.nextSequence(message, sender) >= 0) {
                return false;
            }
            throw fail(
                    Kind.MISMATCH,
                    from.peer(),
                    "rank " + from.peer() + " called " + call(frame, at) + ", this rank something else in its place");
        }
        if (!matches(operation, frame, at)) {
            throw fail(
                    Kind.MISMATCH,
                    from.peer(),
                    "rank " + from.peer() + " called " + call(frame, at) + " where rank " + rank + " called "
                            + operation.describe());
        }
        operation.deliver(sender, frame, at, memory);
        return true;
    }

    private static boolean matches(TcpOperation operation, ByteBuffer frame, int at) {
        return Frame.kind(frame, at) == operation.frameKind()
                && Frame.type(frame, at) == operation.typeCode()
                && Frame.reduce(frame, at) == operation.reduceCode()
                && Frame.root(frame, at) == operation.root()
                && Frame.rows(frame, at) == operation.rows()
                && Frame.columns(frame, at) == operation.columns()
                && Frame.layout(frame, at) == operation.layout();
    }

    private static String call(ByteBuffer frame, int at) {
        return WireCodes.describe(
                Frame.kind(frame, at),
                Frame.type(frame, at),
                Frame.reduce(frame, at),
                Frame.root(frame, at),
                Frame.rows(frame, at),
                Frame.columns(frame, at),
                Frame.sequence(frame, at),
                Frame.group(frame, at));
    }

    /** Moves what can be moved without waiting. Returns whether anything did. */
    boolean progress(TcpCommunicator group, TcpOperation operation) {
        boolean moved = false;
        boolean others = turn++ % OTHERS_EVERY == 0;
        for (int peer = 0; peer < worldSize; peer++) {
            PeerChannel channel = channels[peer];
            if (channel == null) {
                continue;
            }
            if (channel.hasOutgoing()) {
                moved |= channel.pump();
            }
            int sender = group.rankOf(peer);
            boolean needed = sender >= 0 && operation.waitsFor(sender);
            if (needed && channel.stalled()) {
                moved |= channel.putAside();
            }
            if (needed || others) {
                moved |= channel.pull();
            }
        }
        return moved;
    }

    /**
     * Moves data.
     *
     * @return whether {@link #await} would not wait
     * @throws CommunicationException if the operation has failed
     */
    boolean isOver(TcpCommunicator group, TcpOperation operation) {
        try {
            progress(group, operation);
        } catch (InternalError e) {
            throw lost(e);
        }
        return operation.done() || System.nanoTime() - operation.deadline() >= 0;
    }

    /** Waits until an operation is done. */
    void await(TcpCommunicator group, TcpOperation operation) {
        refuseAfterFailure();
        if (operation.done()) {
            return;
        }
        try {
            poll(group, operation);
        } catch (InternalError e) {
            throw lost(e);
        }
    }

    /**
     * Memory that a peer shares is gone. Compiled code may be told so only after the access, in whatever comes then; so each
     * connection tries its own again.
     */
    InternalError lost(InternalError error) {
        for (PeerChannel channel : channels) {
            if (channel != null) {
                var _ = channel.prepareToBlock();
            }
        }
        return error;
    }

    private void poll(TcpCommunicator group, TcpOperation operation) {
        long spin = waiting.spinNanos();
        long start = System.nanoTime();
        while (!operation.done()) {
            boolean moved = progress(group, operation);
            if (operation.done()) {
                return;
            }
            refuseAfterFailure();
            long now = System.nanoTime();
            if (now - operation.deadline() >= 0) {
                throw missed(group, operation);
            }
            if (moved) {
                start = now;
            } else if (now - start < spin) {
                pause(now - start);
            } else {
                block(group, operation, operation.deadline() - now);
            }
        }
    }

    /** Between two polls. Nothing depends on whether the scheduler takes the hint. */
    @SuppressWarnings("ThreadPriorityCheck")
    private static void pause(long waitedNanos) {
        if (waitedNanos < WaitPolicy.ALONE_NANOS) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
    }

    private void block(TcpCommunicator group, TcpOperation operation, long nanos) {
        for (PeerChannel channel : channels) {
            // Something behind a frame that waits may be what a third rank needs to go on.
            if (channel != null && idle && channel.stalled()) {
                channel.putAside();
            }
        }
        if (operation.done()) {
            return;
        }
        checkEnded(group, operation);
        if (Thread.currentThread().isInterrupted()) {
            throw fail(Kind.ABORTED, rank, "rank " + rank + " was interrupted in " + operation.describe());
        }
        boolean blocks = true;
        for (PeerChannel channel : channels) {
            if (channel != null) {
                blocks &= channel.prepareToBlock();
            }
        }
        try {
            long millis = Math.clamp(nanos / 1_000_000, 1, LONGEST_BLOCK_MILLIS);
            idle = blocks && selector.select(Mesh::wake, millis) == 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (PeerChannel channel : channels) {
            if (channel != null) {
                channel.goOn();
            }
        }
        turn = 0;
    }

    /** A peer that sends nothing more but is waited for has left, or is as good as dead. */
    private void checkEnded(TcpCommunicator group, TcpOperation operation) {
        for (PeerChannel channel : channels) {
            if (channel == null || !channel.ended()) {
                continue;
            }
            int peer = channel.peer();
            int sender = group.rankOf(peer);
            boolean needed = (sender >= 0 && operation.waitsFor(sender)) || channel.hasOutgoing();
            if (!needed) {
                continue;
            }
            if (pulse.hasLeft(peer)) {
                throw fail(
                        Kind.RANK_DEAD, peer, "rank " + peer + " has left; it is missing in " + operation.describe());
            }
            long now = System.nanoTime();
            if (brokenSince[peer] == 0) {
                brokenSince[peer] = now;
            } else if (now - brokenSince[peer] > BROKEN_NANOS) {
                pulse.declareDead(peer, "its data connection is closed");
                refuseAfterFailure();
            }
        }
    }

    /** After a wait all connections are tried; here only doorbells are silenced. */
    private static void wake(SelectionKey key) {
        if (key.attachment() instanceof PeerChannel channel) {
            channel.wake();
        }
    }

    private CommunicationException missed(TcpCommunicator group, TcpOperation operation) {
        // Who has not begun holds up the second phase of all others: they are not to blame.
        boolean begun = true;
        for (PeerChannel channel : channels) {
            int sender = channel == null ? -1 : group.rankOf(channel.peer());
            begun &= sender < 0 || !operation.waitsForFirst(sender);
        }
        StringBuilder missing = new StringBuilder();
        int first = CommunicationException.NO_RANK;
        for (PeerChannel channel : channels) {
            int sender = channel == null ? -1 : group.rankOf(channel.peer());
            if (channel == null || sender < 0) {
                continue;
            }
            if (begun ? operation.waitsFor(sender) || channel.hasOutgoing() : operation.waitsForFirst(sender)) {
                first = first == CommunicationException.NO_RANK ? channel.peer() : first;
                missing.append(missing.isEmpty() ? "" : ", ").append(channel.peer());
            }
        }
        return fail(
                Kind.DEADLINE,
                first,
                "rank " + rank + " missed the deadline of " + group.deadline().toMillis() + " ms in "
                        + operation.describe() + "; it waited for the ranks [" + missing + "]");
    }

    /** Ends everything, here and on the other ranks. Returns what is to be thrown: the first failure. */
    CommunicationException fail(Kind kind, int blamed, String message) {
        CommunicationException reason = new CommunicationException(kind, blamed, message);
        if (failure.compareAndSet(null, reason)) {
            pulse.announce(reason);
            selector.wakeup();
            return reason;
        }
        return again();
    }

    /** Another rank has said why everything ends. */
    void failed(CommunicationException reason) {
        if (failure.compareAndSet(null, reason)) {
            selector.wakeup();
        }
    }

    void refuseAfterFailure() {
        if (failure.get() != null) {
            throw again();
        }
    }

    private CommunicationException again() {
        CommunicationException first = Objects.requireNonNull(failure.get());
        return new CommunicationException(
                first.kind(), first.rank(), Objects.requireNonNullElse(first.getMessage(), ""), first);
    }

    Optional<CommunicationException> failure() {
        return Optional.ofNullable(failure.get());
    }

    SortedSet<Integer> deadRanks() {
        return pulse.deadRanks();
    }

    /** Closes all connections without a word, as the death of the process would. */
    void crash() {
        pulse.crash();
    }

    boolean isClosed() {
        return closed;
    }

    /** Leaves: what was sent before still goes out, for a short while. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (failure.get() == null) {
                flush();
            }
        } catch (CommunicationException | InternalError e) {
            LOG.log(Level.DEBUG, "what was left could not be sent", e);
        } finally {
            pulse.close();
        }
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void flush() {
        long limit = System.nanoTime() + BROKEN_NANOS;
        boolean left = true;
        while (left && System.nanoTime() - limit < 0 && failure.get() == null) {
            left = false;
            for (PeerChannel channel : channels) {
                if (channel != null && channel.hasOutgoing() && !channel.ended()) {
                    channel.pump();
                    left |= channel.hasOutgoing();
                }
            }
            Thread.onSpinWait();
        }
    }
}
