package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;

/** Authenticated connections that wait for this process to join their formation. */
final class Arrivals implements AutoCloseable {
    /** A full waiting room turns further peers away. */
    private static final int MAX_WAITING = 4096;

    /** A connection that has proved itself. */
    record Arrived(Connection connection, Handshake.Session session) {}

    /** Which connection of which formation. */
    record Seat(long epoch, int from, int to, Hello.Purpose purpose) {}

    private final Map<Seat, Arrived> waiting = new HashMap<>();
    private long newestEpoch = -1;
    private String failure = "";
    private boolean forming;
    private boolean closed;

    /** Begins a formation. Epochs only rise. */
    synchronized void begin(long epoch) {
        if (epoch <= newestEpoch) {
            throw new IllegalArgumentException("epoch " + epoch + " has passed, the newest is " + newestEpoch);
        }
        newestEpoch = epoch;
        forming = true;
        closeUpTo(epoch - 1);
    }

    /**
     * The formation is complete or has failed; nobody may join it any more.
     *
     * @param reason why it has failed, for those who come too late to have heard it; empty if it has not
     */
    synchronized void end(String reason) {
        forming = false;
        failure = reason;
        closeUpTo(newestEpoch);
        notifyAll();
    }

    private void closeUpTo(long epoch) {
        Iterator<Map.Entry<Seat, Arrived>> all = waiting.entrySet().iterator();
        while (all.hasNext()) {
            Map.Entry<Seat, Arrived> entry = all.next();
            if (entry.getKey().epoch() <= epoch) {
                TcpEndpoint.close(entry.getValue().connection());
                all.remove();
            }
        }
    }

    /** Why a peer comes to nothing here. */
    synchronized Optional<String> refusal(Hello hello) {
        if (hello.epoch() < newestEpoch || (hello.epoch() == newestEpoch && !forming)) {
            String reason = hello.epoch() < newestEpoch || failure.isEmpty() ? "" : ": " + failure;
            return Optional.of("epoch " + hello.epoch() + " has passed, the newest is " + newestEpoch + reason);
        }
        return waiting.size() >= MAX_WAITING ? Optional.of("too many peers wait") : Optional.empty();
    }

    /** A peer that comes again replaces its earlier connection; one that was accepted but comes too late by now is turned away. */
    synchronized void add(Arrived arrived) {
        Hello hello = arrived.session().hello();
        if (closed || refusal(hello).isPresent()) {
            TcpEndpoint.close(arrived.connection());
            return;
        }
        Arrived old = waiting.put(new Seat(hello.epoch(), hello.from(), hello.to(), hello.purpose()), arrived);
        if (old != null) {
            TcpEndpoint.close(old.connection());
        }
        notifyAll();
    }

    /** Waits for a connection of the newest formation. */
    synchronized Arrived take(Seat seat, long deadlineNanos) throws IOException, InterruptedException {
        while (true) {
            if (!forming || seat.epoch() != newestEpoch) {
                throw new IOException("the formation is over");
            }
            Arrived arrived = waiting.remove(seat);
            if (arrived != null) {
                return arrived;
            }
            long millis = (deadlineNanos - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                throw new SocketTimeoutException("it did not come");
            }
            wait(millis);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        waiting.values().forEach(arrived -> TcpEndpoint.close(arrived.connection()));
        waiting.clear();
    }
}
