package org.ryzanstein.server.bench;

import java.util.function.DoubleSupplier;

/**
 * One operation with its input, ready to run.
 *
 * @param name what, at which shape, for how many tokens
 * @param tokens rows of activations
 * @param products multiplications and additions of one run; 0 where they are no measure
 * @param weights elements of the matrix; 0 where there is none
 * @param bytes that one run must read
 * @param layout how the backend holds the weights; empty where there are none
 * @param repeats how often the step does it
 * @param step runs the step and waits for it
 * @param error largest difference from a naive product, relative to the largest product; NaN where there is none
 */
record KernelCase(
        String name,
        int tokens,
        long products,
        long weights,
        long bytes,
        String layout,
        int repeats,
        Runnable step,
        DoubleSupplier error) {
    /** Time and allocation of one run. */
    record Timing(double seconds, double allocatedBytes) {}

    /** Runs it for so many seconds, at least once. */
    Timing measure(double seconds) {
        long budget = (long) (seconds * 1e9);
        long before = ComputeThreads.allocatedBytesWithCaller();
        long start = System.nanoTime();
        long runs = 0;
        long nanos;
        do {
            step.run();
            runs++;
            nanos = System.nanoTime() - start;
        } while (nanos < budget);
        long allocated = ComputeThreads.allocatedBytesWithCaller() - before;
        double count = (double) runs * repeats;
        return new Timing(nanos / 1e9 / count, allocated / count);
    }

    double relativeError() {
        step.run();
        return error.getAsDouble();
    }
}
