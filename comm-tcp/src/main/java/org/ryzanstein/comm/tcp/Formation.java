package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.CommunicationException.Kind;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.Rendezvous;

/**
 * The coming together of ranks. Each rank opens two connections to every lower rank, one for control and one for data; on the
 * control connection both say what they are and compare their terms. When a rank has met all others it says so to each of
 * them, and the group exists when it has heard the same from all; when it gives up it says why. A peer that was met is listened
 * to from then on, so that its death ends the formation at once and not at the deadline.
 */
final class Formation {
    private static final Logger LOG = System.getLogger(Formation.class.getName());
    private static final byte READY = 0;
    private static final byte GIVEN_UP = 1;
    private static final int MAX_REASON_BYTES = 1024;
    /** How long a peer whose data connection has ended may take to say why. */
    private static final long REASON_NANOS = 1_000_000_000L;
    /** How long to wait before asking again whether it comes to nothing. */
    private static final long ASK_MILLIS = 50;

    private static final long ASK_NANOS = ASK_MILLIS * 1_000_000;
    /** How long to look whether a peer has given up. */
    private static final long GLANCE_NANOS = 2_000_000;

    private final TcpEndpoint endpoint;
    private final Rendezvous rendezvous;
    private final Supplier<Optional<CommunicationException>> given;
    private final JoinMessage own;
    private final long deadline;
    private final Map<Integer, Connection> control = new HashMap<>();
    private final Map<Integer, Connection> data = new HashMap<>();
    /** Data connections whose ends still talk about how data go. */
    private final Set<Connection> undecided = new HashSet<>();
    /** Why data to a peer do not go through shared memory, where they do not. */
    private final Map<Integer, Optional<String>> transports = new TreeMap<>();

    private final Map<Integer, JoinMessage> met = new HashMap<>();
    private final Set<Integer> ready = new HashSet<>();
    private final Map<Integer, Throwable> troubles = new TreeMap<>();
    private @Nullable CommunicationException refusal;
    private boolean over;
    /** Why, for peers that are met only afterwards. */
    private String givenUp = "";

    /**
     * Prepares one.
     *
     * @param given whether it is known from elsewhere that it comes to nothing
     */
    Formation(TcpEndpoint endpoint, Rendezvous rendezvous, Supplier<Optional<CommunicationException>> given) {
        this.endpoint = endpoint;
        this.rendezvous = rendezvous;
        this.given = given;
        own = new JoinMessage(
                rendezvous.rank(),
                rendezvous.threads(),
                JoinMessage.terms(rendezvous.terms(), rendezvous.worldSize(), TcpCommunicatorProvider.SPI_VERSION));
        deadline = System.nanoTime() + rendezvous.deadline().toNanos();
    }

    Communicator join() {
        // Too long terms are refused before anybody is told of this rank.
        var _ = own.encode();
        endpoint.arrivals().begin(rendezvous.epoch());
        try {
            for (int peer = 0; peer < rendezvous.worldSize(); peer++) {
                if (peer != rendezvous.rank()) {
                    int other = peer;
                    Thread.ofVirtual().name("ryzanstein-join-" + peer).start(() -> meet(other));
                }
            }
            awaitAll();
            agreeToBegin();
            return begin();
        } catch (CommunicationException e) {
            giveUp(e);
            throw e;
        } catch (IOException e) {
            CommunicationException failure = refused(CommunicationException.NO_RANK, String.valueOf(e.getMessage()), e);
            giveUp(failure);
            throw failure;
        } catch (RuntimeException | Error e) {
            giveUp(refused(CommunicationException.NO_RANK, e.toString(), e));
            throw e;
        } finally {
            endpoint.arrivals().end(reasonGiven());
        }
    }

    private static CommunicationException refused(int rank, String message, Throwable cause) {
        return new CommunicationException(Kind.REFUSED, rank, message, cause);
    }

    private String address(int peer) {
        InetSocketAddress address = rendezvous.addresses().get(peer);
        return address.getHostString() + ":" + address.getPort();
    }

    /** Meets one peer: makes or gets both connections to it and compares the terms. */
    private void meet(int peer) {
        try {
            boolean opener = peer < rendezvous.rank();
            if (opener) {
                meetAsOpener(peer);
            } else {
                meetAsListener(peer);
            }
            hear(peer);
        } catch (HandshakeException e) {
            refuse(peer, e);
        } catch (IOException e) {
            synchronized (this) {
                troubles.put(peer, e);
                notifyAll();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            refuse(peer, (HandshakeException) new HandshakeException(e.toString()).initCause(e));
        }
    }

    private Hello hello(Hello.Purpose purpose, int peer) {
        return new Hello(purpose, rendezvous.epoch(), rendezvous.worldSize(), rendezvous.rank(), peer);
    }

    private void meetAsOpener(int peer) throws IOException {
        InetSocketAddress target = rendezvous.addresses().get(peer);
        while (true) {
            Arrivals.Arrived opened =
                    endpoint.openPatiently(target, hello(Hello.Purpose.CONTROL, peer), deadline, this::isOver);
            try {
                compare(peer, opened, true);
                Arrivals.Arrived second = openData(peer, target);
                keepData(
                        peer, second.connection(), () -> endpoint.sharedMemory().offer(second, deadline));
                return;
            } catch (HandshakeException e) {
                throw e;
            } catch (IOException e) {
                // The peer may have been closed and started again while it had not joined yet.
                TcpEndpoint.close(opened.connection());
                if (isOver()) {
                    throw e;
                }
            }
        }
    }

    /** The peer was met, so it listens: a connection that comes to nothing is tried again as long as the peer is there. */
    private Arrivals.Arrived openData(int peer, InetSocketAddress target) throws IOException {
        while (true) {
            try {
                return endpoint.open(target, hello(Hello.Purpose.DATA, peer), deadline);
            } catch (HandshakeException e) {
                // It has given up since, and has said why before it refused this.
                hear(peer, until(REASON_NANOS));
                throw e;
            } catch (IOException e) {
                hear(peer, until(ASK_NANOS));
                if (isOver()) {
                    throw e;
                }
            }
        }
    }

    private Arrivals.Arrived takeData(int peer) throws IOException, InterruptedException {
        while (true) {
            try {
                return endpoint.arrivals().take(seat(peer, Hello.Purpose.DATA), until(ASK_NANOS));
            } catch (SocketTimeoutException e) {
                hear(peer, until(GLANCE_NANOS));
                if (isOver()) {
                    throw e;
                }
            }
        }
    }

    private long until(long nanos) {
        long end = System.nanoTime() + nanos;
        return end - deadline < 0 ? end : deadline;
    }

    private Arrivals.Seat seat(int peer, Hello.Purpose purpose) {
        return new Arrivals.Seat(rendezvous.epoch(), peer, rendezvous.rank(), purpose);
    }

    private void meetAsListener(int peer) throws IOException, InterruptedException {
        while (true) {
            Arrivals.Arrived arrived = endpoint.arrivals().take(seat(peer, Hello.Purpose.CONTROL), deadline);
            check(peer, arrived);
            try {
                compare(peer, arrived, false);
            } catch (HandshakeException e) {
                throw e;
            } catch (IOException e) {
                // The peer has come, gone, and will come again.
                TcpEndpoint.close(arrived.connection());
                continue;
            }
            Arrivals.Arrived second = takeData(peer);
            check(peer, second);
            keepData(peer, second.connection(), () -> endpoint.sharedMemory().answer(second, deadline));
            return;
        }
    }

    /** Agrees with the peer on how data go, which ends with the formation. */
    private void keepData(int peer, Connection socket, Negotiation negotiation) throws IOException {
        synchronized (this) {
            if (over) {
                TcpEndpoint.close(socket);
                return;
            }
            undecided.add(socket);
        }
        try {
            SharedMemory.Agreement agreed = negotiation.agree();
            synchronized (this) {
                transports.put(peer, agreed.refusal());
            }
            keep(data, peer, agreed.connection());
        } catch (HandshakeException e) {
            TcpEndpoint.close(socket);
            throw e;
        } catch (IOException e) {
            TcpEndpoint.close(socket);
            // The peer was met, so it may have given up since, and has said why.
            hear(peer, until(REASON_NANOS));
            throw e;
        } finally {
            synchronized (this) {
                undecided.remove(socket);
            }
        }
    }

    /** A conversation about shared memory. */
    private interface Negotiation {
        SharedMemory.Agreement agree() throws IOException;
    }

    /** Whoever came as a rank must have the certificate of the host that the rank is listed at. */
    private void check(int peer, Arrivals.Arrived arrived) throws HandshakeException {
        try {
            Tls.check(arrived.connection(), rendezvous.addresses().get(peer), "rank " + peer);
        } catch (HandshakeException e) {
            TcpEndpoint.close(arrived.connection());
            throw e;
        }
    }

    private boolean isOver() {
        synchronized (this) {
            return over || System.nanoTime() - deadline >= 0;
        }
    }

    private void compare(int peer, Arrivals.Arrived connection, boolean opener) throws IOException {
        JoinMessage theirs = own.exchange(
                new Wire(connection.connection(), deadline),
                connection.session().key(),
                opener);
        if (theirs.rank() != peer) {
            throw new HandshakeException("rank " + theirs.rank() + " answered in place of rank " + peer);
        }
        keepControl(peer, connection.connection());
        Optional<String> disagreement = own.disagreement(theirs);
        if (disagreement.isPresent()) {
            throw new HandshakeException(disagreement.get());
        }
        synchronized (this) {
            met.put(peer, theirs);
        }
    }

    private synchronized void keepControl(int peer, Connection socket) {
        if (over) {
            say(socket, GIVEN_UP, givenUp);
        }
        keep(control, peer, socket);
    }

    private void keep(Map<Integer, Connection> kind, int peer, Connection socket) {
        synchronized (this) {
            if (over) {
                TcpEndpoint.close(socket);
                return;
            }
            Connection old = kind.put(peer, socket);
            if (old != null) {
                TcpEndpoint.close(old);
            }
            notifyAll();
        }
    }

    private synchronized void refuse(int peer, HandshakeException reason) {
        if (refusal == null) {
            refusal = refused(
                    peer,
                    "rank " + rendezvous.rank() + " can't join rank " + peer + " at " + address(peer) + ": "
                            + reason.getMessage(),
                    reason);
        }
        notifyAll();
    }

    private synchronized void awaitAll() {
        int peers = rendezvous.worldSize() - 1;
        while (met.size() < peers || data.size() < peers) {
            await(data.keySet());
        }
    }

    private CommunicationException missing(Set<Integer> present) {
        TreeSet<Integer> absent = new TreeSet<>();
        IntStream.range(0, rendezvous.worldSize())
                .filter(peer -> peer != rendezvous.rank() && !present.contains(peer))
                .forEach(absent::add);
        StringBuilder text = new StringBuilder("rank " + rendezvous.rank() + ": ");
        for (int peer : absent) {
            Throwable trouble = troubles.get(peer);
            text.append("rank ")
                    .append(peer)
                    .append(" at ")
                    .append(address(peer))
                    .append(" is missing");
            text.append(trouble == null ? "; " : " (" + trouble.getMessage() + "); ");
        }
        text.append("the ranks had ").append(rendezvous.deadline().toMillis()).append(" ms to join epoch ");
        text.append(rendezvous.epoch());
        return new CommunicationException(Kind.REFUSED, absent.first(), text.toString());
    }

    /**
     * Waits for what a peer that was met says next: that it has met all others, or that it has given up. Where it says nothing
     * until the deadline, {@link #await} names the ranks that are missing.
     */
    private void hear(int peer) throws HandshakeException {
        hear(peer, deadline);
    }

    private void hear(int peer, long until) throws HandshakeException {
        try {
            Wire wire = new Wire(connection(peer), until);
            byte[] head = wire.read(3);
            int length = ByteBuffer.wrap(head).getShort(1);
            if (length < 0 || length > MAX_REASON_BYTES) {
                throw new IOException("a reason of " + length + " bytes");
            }
            String reason = new String(wire.read(length), StandardCharsets.UTF_8);
            if (head[0] != READY) {
                throw new IOException(reason);
            }
        } catch (SocketTimeoutException e) {
            // It has not given up.
            return;
        } catch (IOException e) {
            throw (HandshakeException)
                    new HandshakeException("rank " + peer + " gave up: " + e.getMessage()).initCause(e);
        }
        synchronized (this) {
            ready.add(peer);
            notifyAll();
        }
    }

    private synchronized Connection connection(int peer) throws IOException {
        Connection socket = control.get(peer);
        if (socket == null) {
            throw new IOException("this rank has given up");
        }
        return socket;
    }

    /** Says to all that everybody was met, and hears the same from all. */
    private void agreeToBegin() throws IOException {
        Map<Integer, Connection> all;
        synchronized (this) {
            all = new TreeMap<>(control);
        }
        for (Map.Entry<Integer, Connection> entry : all.entrySet()) {
            try {
                new Wire(entry.getValue(), deadline).write(message(READY, ""));
            } catch (IOException e) {
                int peer = entry.getKey();
                throw refused(peer, "rank " + peer + " gave up: " + e.getMessage(), e);
            }
        }
        awaitReady();
    }

    private synchronized void awaitReady() {
        while (ready.size() < rendezvous.worldSize() - 1) {
            await(ready);
        }
    }

    /** Waits for a change; what is missing at the deadline is named. Both callers do so in a loop. */
    @SuppressWarnings("WaitNotInLoop")
    private synchronized void await(Set<Integer> present) {
        if (refusal != null) {
            throw refusal;
        }
        long millis = (deadline - System.nanoTime()) / 1_000_000;
        if (millis <= 0 || (troubles.size() + data.size() >= rendezvous.worldSize() - 1 && !troubles.isEmpty())) {
            throw missing(present);
        }
        given.get().ifPresent(reason -> {
            throw reason;
        });
        try {
            wait(Math.min(millis, ASK_MILLIS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw refused(rendezvous.rank(), "interrupted while the group formed", e);
        }
    }

    private static byte[] message(byte status, String reason) {
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        text = Arrays.copyOf(text, Math.min(text.length, MAX_REASON_BYTES));
        return ByteBuffer.allocate(3 + text.length)
                .put(status)
                .putShort((short) text.length)
                .put(text)
                .array();
    }

    private synchronized void giveUp(CommunicationException reason) {
        over = true;
        givenUp = String.valueOf(reason.getMessage());
        for (Connection socket : control.values()) {
            say(socket, GIVEN_UP, givenUp);
            TcpEndpoint.close(socket);
        }
        data.values().forEach(TcpEndpoint::close);
        undecided.forEach(TcpEndpoint::close);
    }

    private synchronized String reasonGiven() {
        return givenUp;
    }

    private void say(Connection socket, byte status, String reason) {
        try {
            new Wire(socket, deadline).write(message(status, reason));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the peer is gone already", e);
        }
    }

    private Communicator begin() throws IOException {
        int size = rendezvous.worldSize();
        WaitPolicy waiting = WaitPolicy.choose(
                System.getProperty(WaitPolicy.PROPERTY),
                localThreads(),
                Runtime.getRuntime().availableProcessors());
        Mesh mesh = new Mesh(
                rendezvous.rank(), size, rendezvous.epoch(), waiting, data, control, Transports.describe(transports));
        TcpCommunicator all =
                new TcpCommunicator(mesh, 0, IntStream.range(0, size).toArray(), true, Tuning.UNKNOWN);
        try {
            if (size > 1) {
                endpoint.measured(SpeedTest.tune(all, rendezvous.deadline(), endpoint.hasMeasured()));
            }
        } catch (RuntimeException | Error e) {
            all.close();
            throw e;
        }
        LOG.log(Level.INFO, all.describe());
        return all;
    }

    /** Threads of all ranks on this machine: of this one, and of those whose address is one of this machine's. */
    private int localThreads() throws IOException {
        int threads = own.threads();
        for (Map.Entry<Integer, Connection> entry : data.entrySet()) {
            JoinMessage theirs = met.get(entry.getKey());
            if (theirs != null && SharedMemory.isLocal(entry.getValue().socket())) {
                threads = Math.addExact(threads, theirs.threads());
            }
        }
        return threads;
    }
}
