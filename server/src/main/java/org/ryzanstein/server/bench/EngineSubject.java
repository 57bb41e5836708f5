package org.ryzanstein.server.bench;

import java.util.SplittableRandom;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.GenerationListener;
import org.ryzanstein.loader.engine.GenerationRequest;
import org.ryzanstein.loader.engine.GenerationResult;
import org.ryzanstein.loader.engine.Timings;

/** Measures an engine by ordinary requests, through its step loop. */
final class EngineSubject {
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
     * @param depth positions before those of the request; they are computed first, and don't count
     * @throws BenchException if the engine generated fewer tokens than it was asked for
     */
    Outcome run(TestKind kind, int tokens, int depth) throws InterruptedException {
        GenerationRequest request = switch (kind) {
            case PREFILL -> GenerationRequest.greedy(prompt(tokens), 1);
            case DECODE -> GenerationRequest.greedy(prompt(depth + 1), tokens + 1);
            case DISTRIBUTION ->
                GenerationRequest.greedy(prompt(depth + 1), tokens + 1).withLogits(0, (position, logits) -> {});
        };
        long before = ComputeThreads.allocatedBytes();
        GenerationResult result = engine.submit(request.withIgnoreEndOfGeneration(true), GenerationListener.NONE)
                .await();
        long allocated = ComputeThreads.allocatedBytes() - before;
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
}
