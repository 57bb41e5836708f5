package org.ryzanstein.server.bench;

import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * One test of one configuration.
 *
 * @param test the name, such as pp128
 * @param threads compute threads of a rank
 * @param ranks processes that compute one model together
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
        int ranks,
        Samples tokensPerSecond,
        OptionalDouble bytesPerToken,
        OptionalDouble bandwidthShare,
        OptionalDouble allocatedBytesPerToken,
        OptionalLong peakResidentBytes,
        Map<String, Object> details) {
    public Result {
        details = Map.copyOf(details);
    }

    /** A result of one process. */
    Result(
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
        this(
                suite,
                test,
                backend,
                threads,
                1,
                tokensPerSecond,
                bytesPerToken,
                bandwidthShare,
                allocatedBytesPerToken,
                peakResidentBytes,
                details);
    }
}
