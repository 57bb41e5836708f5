package org.ryzanstein.comm.tcp;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.LinkSpeed;

/**
 * Chooses how large messages go, by what the connections were measured to do. An all-reduce of S bytes on n ranks takes
 *
 * <ul>
 *   <li>direct, each rank sends all to all others: latency + (n - 1) S / bandwidth + (n - 1) S / adding
 *   <li>in chunks, reduce-scatter and all-gather: 2 latency + 2 (n - 1) / n S / bandwidth + (n - 1) / n S / adding
 * </ul>
 *
 * The second is recursive halving and doubling with n instead of 2 parts a step, which a full mesh allows (Thakur, Rabenseifner
 * and Gropp, Optimization of Collective Communication Operations in MPICH, 2005): the bytes of a ring in two steps, and every
 * chunk is added in rank order. A broadcast is either sent by the root to all, latency + (n - 1) S / bandwidth, or as scatter and
 * all-gather, 2 latency + 2 (n - 1) / n S / bandwidth. A word that is packed ({@link Packing}) saves two bytes.
 *
 * @param chunkedFromBytes all-reduces of at least so many bytes run in chunks
 * @param chunkedBroadcastFromBytes broadcasts of at least so many bytes run in chunks
 * @param packedFromBytes INT32 reductions of at least so many bytes are packed
 */
record Tuning(LinkSpeed speed, long chunkedFromBytes, long chunkedBroadcastFromBytes, long packedFromBytes) {
    /** System property: bytes from which on all-reduces and broadcasts run in chunks, whatever was measured. */
    static final String CHUNKED_PROPERTY = "ryzanstein.tcp.chunked.bytes";

    /** System property: bytes from which on INT32 reductions are packed, whatever was measured. */
    static final String PACKED_PROPERTY = "ryzanstein.tcp.packed.bytes";

    /** Bytes that one thread adds in a second; a cautious figure, which only moves the threshold. */
    private static final double ADDED_PER_SECOND = 4e9;

    /** On links that move more bytes in a second than this, packing costs about what it saves while all lies in caches. */
    private static final double FAST_BYTES_PER_SECOND = 2.5e9;

    /** On a fast link messages are packed from this size on, measured on the loopback interface (docs/distributed.md). */
    private static final long PACKED_ON_FAST_LINKS_BYTES = 1 << 16;

    /** On other links the header and the call outweigh what packing saves below this. */
    private static final long LEAST_PACKED_BYTES = 1 << 10;

    /** Until the speed was measured: everything direct, as it is. */
    static final Tuning UNKNOWN = new Tuning(LinkSpeed.ALONE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);

    static Tuning of(LinkSpeed speed, int worldSize) {
        double n = worldSize;
        double sent = ((n - 1) - 2 * (n - 1) / n) / speed.bytesPerSecond();
        double added = ((n - 1) - (n - 1) / n) / ADDED_PER_SECOND;
        boolean fast = speed.bytesPerSecond() > FAST_BYTES_PER_SECOND;
        return new Tuning(
                speed,
                forced(CHUNKED_PROPERTY, from(speed, sent + added)),
                worldSize < 3 ? Long.MAX_VALUE : forced(CHUNKED_PROPERTY, from(speed, sent)),
                forced(PACKED_PROPERTY, fast ? PACKED_ON_FAST_LINKS_BYTES : LEAST_PACKED_BYTES));
    }

    /** From how many bytes on a saving per byte is worth the latency of a second step. */
    private static long from(LinkSpeed speed, double secondsPerByte) {
        return secondsPerByte <= 0 ? Long.MAX_VALUE : (long) Math.ceil(speed.latencyNanos() * 1e-9 / secondsPerByte);
    }

    private static long forced(String property, long measured) {
        return bytes(property, System.getProperty(property), measured);
    }

    static long bytes(String property, @Nullable String forced, long measured) {
        if (forced == null) {
            return measured;
        }
        try {
            long bytes = Long.parseLong(forced);
            if (bytes >= 0) {
                return bytes;
            }
        } catch (NumberFormatException e) {
            // Refused below, like a negative number.
        }
        throw new IllegalArgumentException(property + "=" + forced + ", expected bytes, 0 or more");
    }

    boolean chunked(long bytes) {
        return bytes >= chunkedFromBytes;
    }

    boolean chunkedBroadcast(long bytes) {
        return bytes >= chunkedBroadcastFromBytes;
    }

    boolean packed(long bytes) {
        return bytes >= packedFromBytes;
    }

    /** For reports. */
    static String describe(long fromBytes) {
        return fromBytes == Long.MAX_VALUE ? "no size" : fromBytes + " bytes";
    }
}
