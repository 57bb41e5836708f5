package org.ryzanstein.loader.engine;

/**
 * Measured times of one generation.
 *
 * @param queuedNanos from submission to the first step that it took part in
 * @param prefillNanos from there to the first generated token
 * @param decodeNanos from the first generated token to the end
 * @param prefillTokens prompt tokens computed
 * @param decodedTokens generated tokens after the first
 */
public record Timings(long queuedNanos, long prefillNanos, long decodeNanos, int prefillTokens, int decodedTokens) {
    /** Prompt tokens a second; 0 where nothing was measured. */
    public double prefillTokensPerSecond() {
        return rate(prefillTokens, prefillNanos);
    }

    /** Generated tokens a second, the first one excluded; 0 where nothing was measured. */
    public double decodeTokensPerSecond() {
        return rate(decodedTokens, decodeNanos);
    }

    /** From submission to the first token, in milliseconds. */
    public double timeToFirstTokenMillis() {
        return (queuedNanos + prefillNanos) / 1e6;
    }

    private static double rate(int count, long nanos) {
        return count == 0 || nanos <= 0 ? 0 : count * 1e9 / nanos;
    }
}
