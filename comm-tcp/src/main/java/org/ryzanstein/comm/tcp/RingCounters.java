package org.ryzanstein.comm.tcp;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The counters of a ring of bytes in shared memory, with one writer and one reader (Lamport, Concurrent reading and writing,
 * 1977). What is written before a counter is set is seen by whoever has read the counter: release and acquire. Who sets a flag
 * and then looks at a counter, or the other way round, needs a full fence in between, because a processor may delay the one
 * past the other (Dekker's algorithm).
 *
 * <p>The other process may write anything here. So nobody reads back its own counter, and the other one is checked.
 */
record RingCounters(MemorySegment memory) {
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

    static RingCounters of(MemorySegment all, int ring) {
        return new RingCounters(all.asSlice(SharedLayout.counters(ring), SharedLayout.AT_WRITER_WAITS + Long.BYTES));
    }

    /** Bytes in the ring, from the writer's counter. */
    int filled(long head) throws RingException {
        return checked((long) LONG.getAcquire(memory, (long) SharedLayout.AT_TAIL) - head);
    }

    /** Bytes in the ring, from the reader's counter. */
    int unread(long tail) throws RingException {
        return checked(tail - (long) LONG.getAcquire(memory, (long) SharedLayout.AT_HEAD));
    }

    private static int checked(long filled) throws RingException {
        if (filled < 0 || filled > SharedLayout.RING_BYTES) {
            throw new RingException(
                    "a counter that leaves " + filled + " bytes in a ring of " + SharedLayout.RING_BYTES);
        }
        return (int) filled;
    }

    void written(long tail) {
        LONG.setRelease(memory, (long) SharedLayout.AT_TAIL, tail);
    }

    void read(long head) {
        LONG.setRelease(memory, (long) SharedLayout.AT_HEAD, head);
    }

    /** Says whether somebody blocks, at the place of one of the flags. */
    void waits(int flag, boolean waits) {
        LONG.setRelease(memory, (long) flag, waits ? 1L : 0L);
    }

    /** Whether somebody blocks; whoever is told so has to wake it, and nobody else is told. */
    boolean takeWaiter(int flag) {
        if ((long) LONG.getAcquire(memory, (long) flag) == 0) {
            return false;
        }
        waits(flag, false);
        return true;
    }
}
