package org.ryzanstein.loader.ranks;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.Endpoint;
import org.ryzanstein.api.comm.Link;
import org.ryzanstein.loader.cluster.ClusterException;

/**
 * The workers that have joined a leader and live. Each link has a thread that waits for its end; a worker says nothing after
 * its first message. Safe for use by several threads.
 */
final class Membership {
    private static final Logger LOG = System.getLogger(Membership.class.getName());
    private static final Duration FIRST_MESSAGE = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofSeconds(60);
    /** How long a process that has failed as a rank waits until it is taken in again; twice as long after each failure. */
    private static final Duration LEAST_PROBATION = Duration.ofSeconds(1);

    private static final int MOST_DOUBLINGS = 6;
    private static final Duration FORGIVEN = Duration.ofMinutes(10);
    private static final int REMEMBERED = 256;

    /** A process, whatever link it comes by. */
    private record Identity(String host, long process, int port) {}

    /** How often a process has failed as a rank, and until when it is not wanted. */
    private record Failures(int count, long until) {}

    private final String modelHash;
    private final Runnable onChange;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Member> members = new ArrayList<>();
    private final Map<Identity, Failures> failures = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Identity, Failures> eldest) {
            return size() > REMEMBERED;
        }
    };
    private boolean complete;
    private @Nullable String lost;
    private boolean closed;

    /**
     * Begins to take workers in.
     *
     * @param modelHash what a worker's model must have
     * @param onChange called, on any thread, when a worker has come or gone
     */
    Membership(Endpoint endpoint, String modelHash, Runnable onChange) {
        this.modelHash = modelHash;
        this.onChange = onChange;
        endpoint.onConnect(this::serve);
    }

    private void serve(Link link) {
        try (link) {
            Optional<byte[]> first = link.receive(FIRST_MESSAGE);
            if (first.isEmpty() || !(ControlMessage.decode(first.get()) instanceof ControlMessage.Hello hello)) {
                LOG.log(Level.WARNING, "{0} did not say what it is", link.peer());
                return;
            }
            Optional<String> reason = refusal(hello);
            if (reason.isPresent()) {
                LOG.log(Level.WARNING, "worker at {0} refused: {1}", link.peer(), reason.get());
                link.send(new ControlMessage.Refused(reason.get()).encode());
                // Until it has gone, so that it gets the reason.
                link.receive(FIRST_MESSAGE);
                return;
            }
            Member member = new Member(link, hello);
            awaitProbation(member);
            if (!add(member)) {
                return;
            }
            try {
                while (link.isOpen()) {
                    link.receive(POLL);
                }
            } finally {
                remove(member);
            }
        } catch (CommunicationException e) {
            LOG.log(Level.DEBUG, "the link with {0} has ended: {1}", link.peer(), e.getMessage());
        } catch (ClusterException e) {
            LOG.log(Level.WARNING, "{0} did not say what it is: {1}", link.peer(), e.getMessage());
        }
    }

    private Optional<String> refusal(ControlMessage.Hello hello) {
        if (hello.version() != ControlMessage.VERSION) {
            return Optional.of("its protocol is version " + hello.version() + ", the leader's is "
                    + ControlMessage.VERSION + ": use the same release on both");
        }
        if (!hello.modelHash().equals(modelHash)) {
            return Optional.of("its model's SHA-256 is " + hello.modelHash() + ", the leader's is " + modelHash
                    + ": give both the same model");
        }
        return Optional.empty();
    }

    /** A worker that joins and fails again and again shall not have the group formed anew each time. */
    private void awaitProbation(Member member) {
        Failures known;
        lock.lock();
        try {
            known = failures.get(identity(member));
        } finally {
            lock.unlock();
        }
        if (known == null || known.until() - System.nanoTime() <= 0) {
            return;
        }
        long left = known.until() - System.nanoTime();
        LOG.log(
                Level.INFO,
                "{0} has failed as a rank ({1}): it can join again in {2} s",
                member.describe(),
                known.count() == 1 ? "once" : known.count() + " times",
                Math.ceilDiv(left, TimeUnit.SECONDS.toNanos(1)));
        while (left > 0) {
            member.link().receive(Duration.ofNanos(left));
            left = known.until() - System.nanoTime();
        }
    }

    private static Identity identity(Member member) {
        ControlMessage.Hello hello = member.hello();
        return new Identity(hello.host(), hello.process(), hello.port());
    }

    private boolean add(Member member) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            members.add(member);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        LOG.log(Level.INFO, "{0} has joined", member.describe());
        onChange.run();
        return true;
    }

    private void remove(Member member) {
        boolean present;
        Level level;
        lock.lock();
        try {
            level = closed ? Level.DEBUG : Level.WARNING;
            present = members.remove(member);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (present) {
            LOG.log(level, "{0} is gone", member.describe());
            onChange.run();
        }
    }

    /** Notes that a worker has failed as a rank: when it joins again, it waits. */
    void failed(Member member) {
        lock.lock();
        try {
            long now = System.nanoTime();
            Failures known = failures.get(identity(member));
            if (known != null && known.until() - now > 0) {
                // The same failure, noticed twice.
                return;
            }
            failures.remove(identity(member));
            int count = known == null || now - known.until() > FORGIVEN.toNanos() ? 1 : known.count() + 1;
            long wait = LEAST_PROBATION.toNanos() << Math.min(count - 1, MOST_DOUBLINGS);
            failures.put(identity(member), new Failures(count, now + wait));
        } finally {
            lock.unlock();
        }
    }

    /** Ends the link with a worker that has failed; it may join again after a while. */
    void drop(Member member) {
        failed(member);
        member.link().close();
        remove(member);
    }

    /** Those that live, in the order in which they joined. */
    List<Member> living() {
        lock.lock();
        try {
            return members.stream().filter(member -> member.link().isOpen()).toList();
        } finally {
            lock.unlock();
        }
    }

    /**
     * A worker's process that was started with the leader has ended. Who still waits for workers to join gives up.
     *
     * @param how which one, and how
     */
    void processEnded(String how) {
        lock.lock();
        try {
            if (!complete) {
                lost = how;
                changed.signalAll();
                return;
            }
        } finally {
            lock.unlock();
        }
        LOG.log(Level.WARNING, how);
    }

    /**
     * Waits until at least so many workers have joined.
     *
     * @return false if they have not in this time
     * @throws ClusterException if a worker's process that was started with the leader has ended
     */
    boolean awaitWorkers(int count, Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        lock.lock();
        try {
            while (members.size() < count) {
                if (lost != null) {
                    throw new ClusterException(lost + "; " + members.size() + " of " + count + " workers had joined");
                }
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            complete = true;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until one of them is gone; false if none is in this time. */
    boolean awaitGone(List<Member> some, Duration patience) throws InterruptedException {
        long left = TimeUnit.NANOSECONDS.convert(patience);
        lock.lock();
        try {
            while (members.containsAll(some)
                    && some.stream().allMatch(member -> member.link().isOpen())) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Ends all links. */
    void close() {
        List<Member> all;
        lock.lock();
        try {
            closed = true;
            all = List.copyOf(members);
        } finally {
            lock.unlock();
        }
        all.forEach(member -> member.link().close());
    }
}
