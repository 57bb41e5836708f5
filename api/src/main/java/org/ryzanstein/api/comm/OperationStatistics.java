package org.ryzanstein.api.comm;

/**
 * How often operations of one kind were done and how long they took. Times are those that the caller spent in the call and in
 * waiting for its end: what overlaps with computing is not counted. Quantiles are exact to 1/16.
 *
 * @param count operations that ended well
 * @param bytes of the caller's buffers that took part, without anything that the transport adds
 * @param wireBytes that this rank sent for them, with all that the transport adds, and less what it saves
 * @param totalNanos sum of the times
 */
public record OperationStatistics(
        OperationKind kind,
        long count,
        long bytes,
        long wireBytes,
        long totalNanos,
        long minNanos,
        long medianNanos,
        long p95Nanos,
        long p99Nanos,
        long maxNanos) {}
