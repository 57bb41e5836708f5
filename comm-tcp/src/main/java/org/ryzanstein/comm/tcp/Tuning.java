package org.ryzanstein.comm.tcp;

import org.ryzanstein.api.comm.LinkSpeed;

/**
 * Chooses how a large all-reduce runs, by what the connections were measured to do. With S bytes on n ranks:
 *
 * <ul>
 *   <li>direct, each rank sends all to all others: latency + (n - 1) S / bandwidth + (n - 1) S / adding
 *   <li>in chunks, reduce-scatter and then all-gather: 2 latency + 2 (n - 1) / n S / bandwidth + (n - 1) / n S / adding
 * </ul>
 *
 * The second is recursive halving and doubling with n instead of 2 parts a step, which a full mesh allows (Thakur, Rabenseifner
 * and Gropp, Optimization of Collective Communication Operations in MPICH, 2005): the bytes of a ring in two steps, and every
 * chunk is added in rank order.
 *
 * @param chunkedFromBytes all-reduces of at least so many bytes run in chunks
 */
record Tuning(LinkSpeed speed, long chunkedFromBytes) {
    /** Bytes that one thread adds in a second; a cautious figure, which only moves the threshold. */
    private static final double ADDED_PER_SECOND = 4e9;

    /** Until the speed was measured: everything direct. */
    static final Tuning UNKNOWN = new Tuning(LinkSpeed.ALONE, Long.MAX_VALUE);

    static Tuning of(LinkSpeed speed, int worldSize) {
        double n = worldSize;
        double saved =
                ((n - 1) - 2 * (n - 1) / n) / speed.bytesPerSecond() + ((n - 1) - (n - 1) / n) / ADDED_PER_SECOND;
        double from = saved <= 0 ? Long.MAX_VALUE : speed.latencyNanos() * 1e-9 / saved;
        return new Tuning(speed, (long) Math.ceil(from));
    }

    boolean chunked(long bytes) {
        return bytes >= chunkedFromBytes;
    }
}
