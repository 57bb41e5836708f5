package org.ryzanstein.server.bench;

import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * One test of one configuration.
 *
 * @param test the name, such as pp128
 * @param bytesPerToken bytes that must be read for a token, by the sizes of packed weights and keys and values
 * @param bandwidthShare rate of these bytes as a share of the bandwidth that the same run measured
 * @param allocatedBytesPerToken by the threads that compute
 * @param peakResidentBytes of the process that was measured
 * @param details numbers that only this suite has
 */
public record Result(
        Suite suite,
        String test,
        String backend,
        int threads,
        Samples tokensPerSecond,
        OptionalDouble bytesPerToken,
        OptionalDouble bandwidthShare,
        OptionalDouble allocatedBytesPerToken,
        OptionalLong peakResidentBytes,
        Map<String, Object> details) {
    /** Processes that compute one model together. */
    static final int RANKS = 1;

    public Result {
        details = Map.copyOf(details);
    }
}
