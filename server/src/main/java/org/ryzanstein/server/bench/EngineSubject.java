package org.ryzanstein.server.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.GenerationListener;
import org.ryzanstein.loader.engine.GenerationRequest;
import org.ryzanstein.loader.engine.GenerationResult;
import org.ryzanstein.loader.engine.Timings;

/** Measures an engine by ordinary requests, through its step loop. */
final class EngineSubject {
    /** Names of the threads that compute begin so: the step loop's, which is the team's first member, and the others. */
    private static final String[] COMPUTE_THREADS = {"ryzanstein-steps", "ryzanstein-compute"};

    private final Engine engine;
    private long prompts;

    EngineSubject(Engine engine) {
        this.engine = engine;
    }

    /**
     * One measurement.
     *
     * @param tokens measured
     * @param nanos that they took
     * @param allocatedBytes by the threads that compute, in the whole request
     */
    record Outcome(int tokens, long nanos, long allocatedBytes) {
        double tokensPerSecond() {
            return tokens * 1e9 / Math.max(1, nanos);
        }
    }

    /**
     * Runs a request of so many tokens.
     *
     * @throws BenchException if the engine generated fewer tokens than it was asked for
     */
    Outcome run(TestKind kind, int tokens) throws InterruptedException {
        GenerationRequest request = switch (kind) {
            case PREFILL -> GenerationRequest.greedy(prompt(tokens), 1);
            case DECODE -> GenerationRequest.greedy(prompt(1), tokens + 1);
            case DISTRIBUTION ->
                GenerationRequest.greedy(prompt(1), tokens + 1).withLogits(0, (position, logits) -> {});
        };
        long before = allocatedBytes();
        GenerationResult result = engine.submit(request.withIgnoreEndOfGeneration(true), GenerationListener.NONE)
                .await();
        long allocated = allocatedBytes() - before;
        Timings timings = result.timings();
        boolean prefill = kind == TestKind.PREFILL;
        int done = prefill ? timings.prefillTokens() : timings.decodedTokens();
        if (done != tokens) {
            throw new BenchException(kind.testName(tokens) + ": the engine computed " + done + " tokens");
        }
        return new Outcome(tokens, prefill ? timings.prefillNanos() : timings.decodeNanos(), allocated);
    }

    /** Random tokens, other ones each time, so that no cache of prompts can answer. */
    private int[] prompt(int tokens) {
        SplittableRandom random = new SplittableRandom(++prompts);
        int vocabulary =
                Math.min(engine.model().vocabularySize(), engine.tokenizer().vocabularySize());
        return random.ints(tokens, 0, vocabulary).toArray();
    }

    /** What the threads that compute have allocated so far. */
    private static long allocatedBytes() {
        if (!(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads)) {
            return 0;
        }
        long sum = 0;
        for (var info : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (info != null && computes(info.getThreadName())) {
                sum += Math.max(0, threads.getThreadAllocatedBytes(info.getThreadId()));
            }
        }
        return sum;
    }

    private static boolean computes(String thread) {
        for (String prefix : COMPUTE_THREADS) {
            if (thread.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }
}
