package org.ryzanstein.comm.tcp;

import org.jspecify.annotations.Nullable;

/**
 * How long a wait polls before it blocks. Polling answers in half the time of a blocked thread, but only where every thread
 * has a core: where ranks of one machine have more threads than it has cores, a polling thread holds up the very rank that it
 * waits for.
 *
 * @param spinNanos 0: block at once
 * @param reason for the report
 */
record WaitPolicy(long spinNanos, String reason) {
    /** System property: microseconds of polling before a wait blocks, whatever the number of cores. */
    static final String PROPERTY = "ryzanstein.tcp.spin.micros";

    private static final long DEFAULT_SPIN_NANOS = 100_000;
    private static final long MAX_MICROS = 1_000_000;

    /**
     * Chooses.
     *
     * @param forced value of the property, if it is set
     * @param localThreads threads of all ranks on this machine
     */
    static WaitPolicy choose(@Nullable String forced, int localThreads, int cores) {
        if (forced != null) {
            return new WaitPolicy(micros(forced) * 1000, PROPERTY + "=" + forced);
        }
        String found = localThreads + " threads on " + cores + " cores";
        return localThreads > cores
                ? new WaitPolicy(0, "no polling: " + found)
                : new WaitPolicy(DEFAULT_SPIN_NANOS, "polls " + DEFAULT_SPIN_NANOS / 1000 + " us: " + found);
    }

    private static long micros(String text) {
        try {
            long micros = Long.parseLong(text);
            if (micros >= 0 && micros <= MAX_MICROS) {
                return micros;
            }
        } catch (NumberFormatException e) {
            // Refused below, like a number out of range.
        }
        throw new IllegalArgumentException(PROPERTY + "=" + text + ", expected microseconds from 0 to " + MAX_MICROS);
    }
}
