package org.ryzanstein.comm.tcp;

import org.jspecify.annotations.Nullable;

/**
 * How long a wait polls before it blocks. Polling pays only where every thread has a core: where ranks of one machine have more
 * threads than it has cores, a polling thread holds up the very rank that it waits for.
 *
 * <p>It has to last longer than waking a blocked thread takes, 100 to 300 us on an idle virtual processor. Otherwise one late
 * rank makes the other one block, which then comes as late as its waking takes, so that the first one blocks in turn, and so on
 * for many exchanges (docs/performance-ranks.md, "Of an exchange"). Soon, a poll that finds nothing gives way to whatever else wants
 * this core: it may be the rank that is waited for, which the scheduler has put there.
 *
 * @param spinNanos 0: block at once
 * @param reason for the report
 */
record WaitPolicy(long spinNanos, String reason) {
    /** System property: microseconds of polling before a wait blocks, whatever the number of cores. */
    static final String PROPERTY = "ryzanstein.tcp.spin.micros";

    private static final long DEFAULT_SPIN_NANOS = 5_000_000;

    /**
     * How long a wait polls without giving way to other threads. Where the scheduler has put two ranks on one core, each
     * exchange takes more than twice that.
     */
    static final long ALONE_NANOS = 2_000;

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
