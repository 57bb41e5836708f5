package org.ryzanstein.contract;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.CommunicationException.Kind;
import org.ryzanstein.api.comm.Communicator;

/** Ranks that are threads of one process, for unit tests: every call meets the others' under one monitor. */
public final class InProcessWorld {
    /** A call that ranks meet in. */
    static final class Meeting {
        final String call;
        final int first;
        final int expected;
        final int readers;
        final Map<Integer, int[]> given = new HashMap<>();
        private int left;
        int @Nullable [] result;

        Meeting(String call, int first, int expected, int readers) {
            this.call = call;
            this.first = first;
            this.expected = expected;
            this.readers = readers;
        }

        boolean complete() {
            return given.size() == expected;
        }
    }

    private final List<Communicator> communicators;
    private final Map<String, Meeting> meetings = new HashMap<>();
    private final SortedSet<Integer> dead = new TreeSet<>();
    private final SortedSet<Integer> closed = new TreeSet<>();
    private @Nullable CommunicationException failure;

    /** Makes a world of so many ranks. */
    public InProcessWorld(int worldSize) {
        List<Integer> members = IntStream.range(0, worldSize).boxed().toList();
        List<Communicator> all = new ArrayList<>();
        for (int rank : members) {
            all.add(new InProcessCommunicator(this, "", members, rank));
        }
        communicators = List.copyOf(all);
    }

    /** One communicator for each rank; each is for a thread of its own. */
    public List<Communicator> communicators() {
        return communicators;
    }

    /** Lets a rank die, as if its process had been killed. */
    public synchronized void kill(int rank) {
        dead.add(rank);
        fail(new CommunicationException(Kind.RANK_DEAD, rank, "rank " + rank + " is dead"));
    }

    synchronized void leave(int rank) {
        closed.add(rank);
        notifyAll();
    }

    synchronized SortedSet<Integer> dead() {
        return new TreeSet<>(dead);
    }

    synchronized Optional<CommunicationException> failure() {
        return Optional.ofNullable(failure);
    }

    synchronized void fail(CommunicationException reason) {
        if (failure == null) {
            failure = reason;
        }
        notifyAll();
    }

    synchronized void refuseAfterFailure() {
        if (failure != null) {
            throw new CommunicationException(failure.kind(), failure.rank(), describe(failure), failure);
        }
    }

    private static String describe(CommunicationException failure) {
        return Objects.requireNonNullElse(failure.getMessage(), "");
    }

    /**
     * A rank comes to a meeting; the last one works out the result.
     *
     * @param key the same on all ranks that meet, different from all other meetings'
     * @param call operation, sizes and types, which must be the same on all ranks
     * @param readers how many will wait for the result
     * @param result from the meeting and its rank order to what all get
     */
    synchronized Meeting arrive(
            String key,
            String call,
            List<Integer> expected,
            int rank,
            int[] given,
            int readers,
            BiFunction<Meeting, List<Integer>, int[]> result) {
        refuseAfterFailure();
        Meeting meeting = meetings.computeIfAbsent(key, k -> new Meeting(call, rank, expected.size(), readers));
        if (!meeting.call.equals(call)) {
            fail(new CommunicationException(
                    Kind.MISMATCH,
                    rank,
                    "rank " + rank + " called " + call + " where rank " + meeting.first + " called " + meeting.call));
        }
        meeting.given.put(rank, given);
        if (meeting.complete() && failure == null) {
            meeting.result = result.apply(meeting, expected);
            notifyAll();
        }
        return meeting;
    }

    synchronized boolean isDone(Meeting meeting) {
        return meeting.complete() || failure != null;
    }

    /** Waits until all have arrived and returns the result. */
    synchronized int[] await(String key, Meeting meeting, List<Integer> expected, long deadline) {
        while (true) {
            refuseAfterFailure();
            if (meeting.result != null) {
                if (++meeting.left == meeting.readers) {
                    meetings.remove(key);
                }
                return meeting.result;
            }
            List<Integer> missing = expected.stream()
                    .filter(rank -> !meeting.given.containsKey(rank))
                    .toList();
            for (int rank : missing) {
                if (closed.contains(rank)) {
                    fail(new CommunicationException(
                            Kind.RANK_DEAD, rank, meeting.call + ": rank " + rank + " has left"));
                }
            }
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                fail(new CommunicationException(
                        Kind.DEADLINE, missing.getFirst(), meeting.call + ": no call by the ranks " + missing));
            } else if (failure == null) {
                pause(left);
            }
        }
    }

    @SuppressWarnings("WaitNotInLoop") // the only caller loops over its condition
    private void pause(long nanos) {
        try {
            wait(nanos / 1_000_000 + 1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
