package org.ryzanstein.server.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Measures how long a cache line takes from one processor to another and back: some 80 ns where they share a cache, several times
 * that where they don't. A host may move a guest's processors between the two; those that share a cache mostly share a link to
 * the memory, too, so this tells apart figures that can't be compared.
 */
final class LineTrip {
    private static final int TRIPS = 20_000;
    /** Two threads on one processor would take hours. */
    private static final long MOST_NANOS = 100_000_000;
    /** Turns of a waiting loop between two looks at the clock. */
    private static final int LOOK = 1 << 14;

    private static final VarHandle TURN = MethodHandles.arrayElementVarHandle(int[].class);
    /** The element in the middle, which has its cache line for itself. */
    private static final int AT = 64;

    private final int[] turn = new int[2 * AT];
    private final long deadline = System.nanoTime() + MOST_NANOS;

    private LineTrip() {}

    /** Nanoseconds there and back, the mean of all trips that fit into a tenth of a second. */
    static double measure() {
        LineTrip trip = new LineTrip();
        Thread other = Thread.ofPlatform().daemon().start(() -> trip.run(1));
        long start = System.nanoTime();
        int done = trip.run(0);
        long nanos = System.nanoTime() - start;
        try {
            other.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException("the trip of a cache line was interrupted", e);
        }
        return (double) nanos / Math.max(1, done);
    }

    /** Takes its turn and gives it to the other one, again and again. Returns how often. */
    private int run(int me) {
        for (int done = 0; done < TRIPS; done++) {
            for (int i = 1; (int) TURN.getAcquire(turn, AT) != me; i++) {
                if (i % LOOK == 0 && System.nanoTime() > deadline) {
                    return done;
                }
            }
            TURN.setRelease(turn, AT, 1 - me);
        }
        return TRIPS;
    }
}
