package org.ryzanstein.server.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Measures how long a cache line takes from one processor to another and back: some 80 ns where they share a cache, several times
 * that where they don't. A host may move a guest's processors between the two; those that share a cache mostly share a link to
 * the memory, too, so this tells apart figures that can't be compared.
 */
final class LineTrip {
    /** Trips that are timed together. */
    private static final int TRIPS = 1_000;

    private static final int ROUNDS = 50;
    /** Two threads on one processor would take minutes. */
    private static final long MOST_NANOS = 200_000_000;
    /** Turns of a waiting loop between two looks at the clock. */
    private static final int LOOK = 1 << 14;

    private static final VarHandle TURN = MethodHandles.arrayElementVarHandle(int[].class);
    /** The element in the middle, which has its cache line for itself. */
    private static final int AT = 64;

    private final int[] turn = new int[2 * AT];
    private final long deadline = System.nanoTime() + MOST_NANOS;

    private LineTrip() {}

    /** Nanoseconds there and back in the fastest of the rounds: others wait for the compiler, or for a processor. */
    static double measure() {
        LineTrip trip = new LineTrip();
        Thread other = Thread.ofPlatform().daemon().start(() -> trip.run(1));
        double fastest = trip.run(0);
        try {
            other.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException("the trip of a cache line was interrupted", e);
        }
        return fastest;
    }

    /** Takes its turn and gives it to the other one, again and again. Returns the nanoseconds of a trip in the fastest round. */
    private double run(int me) {
        double fastest = MOST_NANOS;
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            for (int i = 0; i < TRIPS; i++) {
                if (!await(me)) {
                    return fastest;
                }
                TURN.setRelease(turn, AT, 1 - me);
            }
            fastest = Math.min(fastest, (double) (System.nanoTime() - start) / TRIPS);
        }
        return fastest;
    }

    /** False if the turn does not come in time. */
    private boolean await(int me) {
        for (int i = 1; (int) TURN.getAcquire(turn, AT) != me; i++) {
            if (i % LOOK == 0 && System.nanoTime() > deadline) {
                return false;
            }
        }
        return true;
    }
}
