package org.ryzanstein.api.comm;

/**
 * What it costs to move a message between two ranks: latency + bytes / bytesPerSecond.
 *
 * @param latencyNanos of an exchange of a few bytes between all ranks, in nanoseconds
 * @param bytesPerSecond of one rank's outgoing bytes while all ranks exchange large messages
 */
public record LinkSpeed(long latencyNanos, double bytesPerSecond) {
    /** Nothing to move: a group of one. */
    public static final LinkSpeed ALONE = new LinkSpeed(0, Double.POSITIVE_INFINITY);

    /** Seconds that it takes to move so many bytes. */
    public double seconds(long bytes) {
        return latencyNanos * 1e-9 + bytes / bytesPerSecond;
    }
}
