package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.CommunicationException.Kind;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.Endpoint;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.api.comm.Link;
import org.ryzanstein.api.comm.LinkSpeed;
import org.ryzanstein.api.comm.Rendezvous;

/**
 * Listens for peers. A connection costs a few hundred bytes until it has proved that it knows the secret, has a deadline to do
 * so, and only {@value #MAX_STRANGERS} may try at once: one more and the oldest, which had most time, is turned away. So whoever
 * knocks without the secret, in whatever number, disturbs nothing.
 */
final class TcpEndpoint implements Endpoint {
    private static final Logger LOG = System.getLogger(TcpEndpoint.class.getName());

    /** Connections that have not proved themselves yet. */
    static final int MAX_STRANGERS = 64;

    /** Among many strangers one that knows the secret may be turned away, but hardly so often in a row. */
    private static final int MAX_REFUSED_PROOFS = 3;

    private static final int BACKLOG = 256;
    private static final long PAUSE_NANOS = 20_000_000L;
    private static final long REPORT_NANOS = 1_000_000_000L;

    private final ServerSocketChannel server;
    private final InetSocketAddress address;
    private final EndpointConfig config;
    private final Handshake handshake;
    private final Tls tls;
    private final SharedMemory sharedMemory;
    private final Arrivals arrivals = new Arrivals();
    private final ArrayDeque<SocketChannel> strangers = new ArrayDeque<>();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong lastReport = new AtomicLong(System.nanoTime() - REPORT_NANOS);
    private volatile @Nullable Consumer<Link> linkHandler;
    private volatile boolean hasMeasured;

    private TcpEndpoint(ServerSocketChannel server, EndpointConfig config, SharedMemory sharedMemory)
            throws IOException {
        tls = new Tls(config.tls());
        this.sharedMemory = sharedMemory;
        this.server = server;
        this.config = config;
        address = (InetSocketAddress) Objects.requireNonNull(server.getLocalAddress());
        handshake = new Handshake(config.secret());
    }

    static TcpEndpoint bind(EndpointConfig config) {
        return bind(config, new SharedMemory(SharedMemory.FOLDER, System.getProperty(SharedMemory.PROPERTY)));
    }

    /** Takes the memory of local peers from there. */
    static TcpEndpoint bind(EndpointConfig config, SharedMemory sharedMemory) {
        try {
            ServerSocketChannel server = ServerSocketChannel.open();
            try {
                server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                server.bind(config.address(), BACKLOG);
                TcpEndpoint endpoint = new TcpEndpoint(server, config, sharedMemory);
                Thread.ofPlatform()
                        .daemon()
                        .name("ryzanstein-listen-" + endpoint.address.getPort())
                        .start(endpoint::listen);
                return endpoint;
            } catch (IOException | RuntimeException e) {
                server.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("can't listen on " + config.address() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public InetSocketAddress address() {
        return address;
    }

    /** Connections that were turned away since it was bound. */
    long refused() {
        return refused.get();
    }

    SharedMemory sharedMemory() {
        return sharedMemory;
    }

    Arrivals arrivals() {
        return arrivals;
    }

    private void listen() {
        while (server.isOpen()) {
            try {
                greet(server.accept());
            } catch (ClosedChannelException e) {
                LOG.log(Level.DEBUG, "no longer listening on {0}", address);
            } catch (IOException e) {
                LOG.log(Level.WARNING, "can't accept a connection on " + address, e);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private void greet(SocketChannel socket) {
        admit(socket);
        Thread.ofVirtual().name("ryzanstein-greet").start(() -> {
            Connection connection;
            Handshake.Session session;
            try {
                socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
                long deadline = System.nanoTime() + config.handshakeDeadline().toNanos();
                connection = tls.connection(socket, false, deadline);
                session = handshake.listen(new Wire(connection, deadline), this::refusal);
            } catch (IOException e) {
                turnAway(socket, e);
                return;
            } catch (RuntimeException | Error e) {
                close(socket);
                throw e;
            } finally {
                forget(socket);
            }
            welcome(connection, session);
        });
    }

    private void admit(SocketChannel socket) {
        synchronized (strangers) {
            strangers.addLast(socket);
            if (strangers.size() > MAX_STRANGERS) {
                // Whoever waits for its bytes counts and reports it.
                close(strangers.removeFirst());
            }
        }
    }

    private void forget(SocketChannel socket) {
        synchronized (strangers) {
            strangers.remove(socket);
        }
    }

    boolean hasMeasured() {
        return hasMeasured;
    }

    /** Says that the speed of a group was measured, so that the next time takes less. */
    void measured(LinkSpeed speed) {
        LOG.log(Level.DEBUG, "measured {0}", speed);
        hasMeasured = true;
    }

    private Optional<String> refusal(Hello hello) {
        if (hello.purpose() == Hello.Purpose.LINK) {
            return linkHandler == null ? Optional.of("nobody takes links here") : Optional.empty();
        }
        return arrivals.refusal(hello);
    }

    private void welcome(Connection connection, Handshake.Session session) {
        Consumer<Link> handler = linkHandler;
        if (session.hello().purpose() != Hello.Purpose.LINK) {
            arrivals.add(new Arrivals.Arrived(connection, session));
            return;
        }
        if (handler != null) {
            try {
                handler.accept(new TcpLink(connection));
            } catch (IOException e) {
                turnAway(connection.socket(), e);
            }
        }
    }

    private void turnAway(SocketChannel socket, IOException reason) {
        long count = refused.incrementAndGet();
        long now = System.nanoTime();
        long last = lastReport.get();
        // One line a second, however many come.
        boolean report = now - last >= REPORT_NANOS && lastReport.compareAndSet(last, now);
        try {
            LOG.log(
                    report ? Level.INFO : Level.DEBUG,
                    "refused a connection from {0}: {1}; {2} so far",
                    socket.getRemoteAddress(),
                    reason.getMessage(),
                    count);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the connection is gone already", e);
        } finally {
            close(socket);
        }
    }

    static void close(Connection connection) {
        try {
            connection.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing a connection", e);
        }
    }

    private static void close(SocketChannel socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing a connection", e);
        }
    }

    /**
     * Connects and proves itself, once.
     *
     * @param deadlineNanos for the whole
     */
    Arrivals.Arrived open(InetSocketAddress peer, Hello hello, long deadlineNanos) throws IOException {
        // A name is looked up again for each attempt.
        InetSocketAddress target =
                peer.isUnresolved() ? new InetSocketAddress(peer.getHostString(), peer.getPort()) : peer;
        if (target.isUnresolved()) {
            throw new IOException("unknown host " + peer.getHostString());
        }
        SocketChannel socket = SocketChannel.open();
        try {
            if (opensFromOwnAddress(target.getAddress())) {
                socket.bind(new InetSocketAddress(address.getAddress(), 0));
            }
            long millis = Math.clamp((deadlineNanos - System.nanoTime()) / 1_000_000, 1, Integer.MAX_VALUE);
            socket.socket().connect(target, (int) millis);
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            Connection connection = tls.connection(socket, true, deadlineNanos);
            Tls.check(connection, target, hello.to() == Hello.NO_RANK ? "the other side" : "rank " + hello.to());
            return new Arrivals.Arrived(connection, handshake.open(new Wire(connection, deadlineNanos), hello));
        } catch (SSLException e) {
            close(socket);
            throw (HandshakeException) new HandshakeException("no TLS: " + e.getMessage()).initCause(e);
        } catch (IOException | RuntimeException e) {
            close(socket);
            throw e;
        }
    }

    /**
     * Whether a connection comes from the address that this endpoint listens at, which is where the other side, and whom it tells, will
     * look for it. Not if that is all addresses, of the other family, or one that only this machine knows.
     */
    private boolean opensFromOwnAddress(InetAddress target) {
        InetAddress own = address.getAddress();
        return !own.isAnyLocalAddress()
                && own.getClass() == target.getClass()
                && (!own.isLoopbackAddress() || target.isLoopbackAddress());
    }

    /** As {@link #open}, again and again until the deadline unless the other side refused, or there is no use any more. */
    Arrivals.Arrived openPatiently(InetSocketAddress peer, Hello hello, long deadlineNanos, BooleanSupplier over)
            throws IOException {
        int refusals = 0;
        while (true) {
            try {
                return open(peer, hello, deadlineNanos);
            } catch (HandshakeException e) {
                throw e;
            } catch (IOException e) {
                refusals = e instanceof ProofRefusedException ? refusals + 1 : 0;
                if (refusals == MAX_REFUSED_PROOFS) {
                    throw (HandshakeException) new HandshakeException(String.valueOf(e.getMessage())).initCause(e);
                }
                if (over.getAsBoolean() || System.nanoTime() + PAUSE_NANOS - deadlineNanos >= 0) {
                    throw e;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    @Override
    public Communicator join(Rendezvous rendezvous, Supplier<Optional<CommunicationException>> over) {
        return new Formation(this, rendezvous, over).join();
    }

    @Override
    public Link connect(InetSocketAddress peer, Duration deadline) {
        try {
            return new TcpLink(openPatiently(peer, Hello.link(), System.nanoTime() + deadline.toNanos(), () -> false)
                    .connection());
        } catch (IOException e) {
            throw new CommunicationException(
                    Kind.REFUSED,
                    CommunicationException.NO_RANK,
                    "no connection to " + peer.getHostString() + ":" + peer.getPort() + " within " + deadline.toMillis()
                            + " ms: " + e.getMessage(),
                    e);
        }
    }

    @Override
    public void onConnect(Consumer<Link> handler) {
        linkHandler = handler;
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        arrivals.close();
    }
}
