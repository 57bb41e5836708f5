package org.ryzanstein.api.comm;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a rank must know to join its group.
 *
 * @param rank this process's rank
 * @param addresses where each rank listens, by rank
 * @param epoch number of this formation of the group, higher than that of all earlier ones; frames of older epochs are dropped
 * @param terms what must be the same on all ranks, or the join is refused: name and value, such as the model's hash and the
 *     plan. World size and SPI version are always compared
 * @param threads threads that this rank computes with; where the ranks of one machine have more than it has cores, nobody
 *     waits by spinning
 * @param deadline how long the ranks may take to come together
 */
public record Rendezvous(
        int rank,
        List<InetSocketAddress> addresses,
        long epoch,
        SortedMap<String, String> terms,
        int threads,
        Duration deadline) {
    private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(30);

    public Rendezvous {
        addresses = List.copyOf(addresses);
        terms = Collections.unmodifiableSortedMap(new TreeMap<>(terms));
        if (rank < 0 || rank >= addresses.size()) {
            throw new IllegalArgumentException("rank " + rank + " of " + addresses.size() + " ranks");
        }
        if (epoch < 0) {
            throw new IllegalArgumentException("epoch " + epoch + " is negative");
        }
        if (threads < 1) {
            throw new IllegalArgumentException(threads + " threads");
        }
        if (!deadline.isPositive()) {
            throw new IllegalArgumentException("deadline " + deadline + " is not positive");
        }
    }

    /** Without terms of its own, one thread, 30 seconds. */
    public Rendezvous(int rank, List<InetSocketAddress> addresses, long epoch) {
        this(rank, addresses, epoch, new TreeMap<>(), 1, DEFAULT_DEADLINE);
    }

    public Rendezvous withTerms(Map<String, String> more) {
        SortedMap<String, String> all = new TreeMap<>(terms);
        all.putAll(more);
        return new Rendezvous(rank, addresses, epoch, all, threads, deadline);
    }

    public Rendezvous withThreads(int count) {
        return new Rendezvous(rank, addresses, epoch, terms, count, deadline);
    }

    public Rendezvous withDeadline(Duration time) {
        return new Rendezvous(rank, addresses, epoch, terms, threads, time);
    }

    public int worldSize() {
        return addresses.size();
    }
}
