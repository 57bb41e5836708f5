package org.ryzanstein.server.bench;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.loader.parallel.SpinParkTeam;

/**
 * A short look at each kernel of a backend on one thread: small synthetic weights, a few seconds in all. What is expected of a
 * backend was measured once (docs/performance.md says how) and is scaled by the speed of a loop of dependent integer
 * operations, which stands for the clock.
 */
public final class KernelProbe {
    /** Tokens of the cases that stand for prefill. */
    private static final int TOKENS = 64;

    private static final double SLICE_SECONDS = 0.04;
    private static final long LEAST_NANOS = 80_000_000;
    /** So long a kernel may take to be compiled. */
    private static final long MOST_NANOS = 1_500_000_000;
    /** A kernel this much slower than expected is slow. */
    private static final double TOLERANCE = 3;

    private static final double BOXING_BYTES = 4096;
    private static final long PAGE_PROBE_BYTES = 64L << 20;
    private static final int REFERENCE_STEPS = 5_000_000;
    private static final int REFERENCE_ROUNDS = 20;
    private static final long REFERENCE_NANOS = 200_000_000;
    /** Steps of the reference loop in a nanosecond, where the expected rates were measured. */
    private static final double REFERENCE_SPEED = 0.62;
    /** No processor that runs this is so much slower or faster; the loop is where it isn't compiled, like the kernels. */
    private static final double MOST_DIFFERENCE = 2;

    /** Multiplications (of row operations: elements) in a nanosecond, by backend and kernel. */
    private static final Map<String, Map<String, Double>> EXPECTED = Map.of(
            "scalar",
            Map.of(
                    "multiply-ternary-1024x1024-t1", 16.6,
                    "multiply-ternary-1024x1024-t64", 16.7,
                    "linear-int8-1024x1024-t1", 1.7,
                    "linear-int8-1024x1024-t64", 3.0,
                    "linear-f16-1024x1024-t1", 3.4,
                    "linear-f16-1024x1024-t64", 3.8,
                    "attention-512-t1", 3.0,
                    "attention-64-t64", 2.9),
            "avx2",
            Map.of(
                    "multiply-ternary-1024x1024-t1", 59.0,
                    "multiply-ternary-1024x1024-t64", 184.0,
                    "linear-int8-1024x1024-t1", 14.4,
                    "linear-int8-1024x1024-t64", 24.3,
                    "linear-f16-1024x1024-t1", 9.1,
                    "linear-f16-1024x1024-t64", 31.0,
                    "attention-512-t1", 20.0,
                    "attention-64-t64", 17.9),
            "avx512",
            Map.of(
                    "multiply-ternary-1024x1024-t1", 232.0,
                    "multiply-ternary-1024x1024-t64", 221.0,
                    "linear-int8-1024x1024-t1", 26.0,
                    "linear-int8-1024x1024-t64", 62.0,
                    "linear-f16-1024x1024-t1", 14.8,
                    "linear-f16-1024x1024-t64", 61.0,
                    "attention-512-t1", 33.0,
                    "attention-64-t64", 28.0));

    private KernelProbe() {}

    /**
     * What a kernel does.
     *
     * @param speed multiplications, of row operations elements, in a nanosecond
     * @param expected of this machine, where it is known
     * @param allocatedBytes by one run
     */
    public record Measured(String kernel, double speed, OptionalDouble expected, double allocatedBytes) {
        /** How many times slower than expected it is; 0 where nothing is expected. */
        public double slowdown() {
            return expected.isPresent() ? expected.getAsDouble() / Math.max(speed, 1e-9) : 0;
        }

        /** Whether it allocates so much that vectors must be boxed: what a step allocates at all is less. */
        public boolean boxes() {
            return allocatedBytes > BOXING_BYTES;
        }

        /** Whether it is so much slower than expected that something must be wrong. */
        public boolean slow() {
            return slowdown() > TOLERANCE;
        }
    }

    /**
     * What was found.
     *
     * @param clock speed of the reference loop, relative to the machine that the expected rates are from
     * @param hugePageShare share of memory for weights that lies on 2 MB pages, where the system says so
     */
    public record Outcome(String backend, double clock, List<Measured> kernels, OptionalDouble hugePageShare) {
        public Outcome {
            kernels = List.copyOf(kernels);
        }
    }

    /** Looks at the best backend, or the one of this name. */
    public static Outcome run(Optional<String> backend) {
        OptionalDouble share = hugePageShare(backend);
        double clock = Math.clamp(referenceSpeed() / REFERENCE_SPEED, 1 / MOST_DIFFERENCE, MOST_DIFFERENCE);
        try (KernelSet set = KernelSet.open(KernelInputs.synthetic(), backend, 1, TOKENS)) {
            Map<String, Double> expected = EXPECTED.getOrDefault(set.backend(), Map.of());
            List<Measured> kernels = new ArrayList<>();
            for (KernelCase one : set.cases()) {
                kernels.add(measure(one, expectedOf(expected, one.name(), clock)));
            }
            return new Outcome(set.backend(), clock, kernels, share);
        }
    }

    private static OptionalDouble expectedOf(Map<String, Double> table, String kernel, double clock) {
        Double rate = table.get(kernel);
        return rate == null ? OptionalDouble.empty() : OptionalDouble.of(rate * clock);
    }

    /** In slices, until it is as fast as expected or its time is over; the fastest slice counts. */
    private static Measured measure(KernelCase one, OptionalDouble expected) {
        long work = one.products() > 0 ? one.products() : one.bytes() / Float.BYTES;
        long start = System.nanoTime();
        Measured best = measured(one, work, expected);
        while (System.nanoTime() - start < (best.slow() || best.boxes() ? MOST_NANOS : LEAST_NANOS)) {
            Measured next = measured(one, work, expected);
            best = next.speed() > best.speed() ? next : best;
        }
        return best;
    }

    private static Measured measured(KernelCase one, long work, OptionalDouble expected) {
        KernelCase.Timing timing = one.measure(SLICE_SECONDS);
        return new Measured(one.name(), work / (timing.seconds() * 1e9), expected, timing.allocatedBytes());
    }

    /** Steps of xorshift (Marsaglia, 2003) in a nanosecond: six dependent integer operations each. */
    static double referenceSpeed() {
        double best = 0;
        long begin = System.nanoTime();
        for (int round = 0; round < REFERENCE_ROUNDS && System.nanoTime() - begin < REFERENCE_NANOS; round++) {
            long start = System.nanoTime();
            long x = 88_172_645_463_325_252L + round;
            for (int i = 0; i < REFERENCE_STEPS; i++) {
                x ^= x << 13;
                x ^= x >>> 7;
                x ^= x << 17;
            }
            long nanos = System.nanoTime() - start;
            if (x != 0) {
                best = Math.max(best, (double) REFERENCE_STEPS / nanos);
            }
        }
        return best;
    }

    private static OptionalDouble hugePageShare(Optional<String> name) {
        ProcFiles proc = ProcFiles.ofSystem();
        OptionalLong before = proc.hugePageBytes();
        try (SpinParkTeam team = new SpinParkTeam(1);
                KernelBackend backend = KernelBackends.choose(name).provider().open(team)) {
            @Nullable MemorySegment memory = backend.weightMemory(PAGE_PROBE_BYTES);
            if (memory == null || before.isEmpty()) {
                return OptionalDouble.empty();
            }
            memory.fill((byte) 1);
            OptionalLong after = proc.hugePageBytes();
            return after.isEmpty()
                    ? OptionalDouble.empty()
                    : OptionalDouble.of(
                            Math.clamp((double) (after.getAsLong() - before.getAsLong()) / PAGE_PROBE_BYTES, 0, 1));
        }
    }
}
