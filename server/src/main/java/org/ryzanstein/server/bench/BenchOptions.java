package org.ryzanstein.server.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What to measure.
 *
 * @param model a model; the embedded one where there is none
 * @param promptTokens lengths of the prompts of prefill tests
 * @param genTokens lengths of decode tests
 * @param depths positions that are in the KV cache before decoding is measured; 0: that of the first token alone
 * @param threads numbers of compute threads; where there are none, each suite's own
 * @param backends names of backends; where there are none, the one that is chosen by itself
 * @param repetitions measurements of each test
 * @param warmupSeconds most seconds that each test may run before it counts
 */
public record BenchOptions(
        Optional<Path> model,
        Set<Suite> suites,
        List<Integer> promptTokens,
        List<Integer> genTokens,
        List<Integer> depths,
        List<Integer> threads,
        List<String> backends,
        int repetitions,
        double warmupSeconds) {
    private static final int MOST = 1_000_000;

    /** Without depth. */
    public BenchOptions(
            Optional<Path> model,
            Set<Suite> suites,
            List<Integer> promptTokens,
            List<Integer> genTokens,
            List<Integer> threads,
            List<String> backends,
            int repetitions,
            double warmupSeconds) {
        this(model, suites, promptTokens, genTokens, List.of(0), threads, backends, repetitions, warmupSeconds);
    }

    public BenchOptions {
        suites = Set.copyOf(suites);
        promptTokens = List.copyOf(promptTokens);
        genTokens = List.copyOf(genTokens);
        depths = List.copyOf(depths);
        threads = List.copyOf(threads);
        backends = List.copyOf(backends);
        promptTokens.forEach(tokens -> require("prompt-tokens", tokens, 0, MOST));
        genTokens.forEach(tokens -> require("gen-tokens", tokens, 0, MOST));
        depths.forEach(depth -> require("depth", depth, 0, MOST));
        threads.forEach(count -> require("threads", count, 1, 1024));
        require("repetitions", repetitions, 1, MOST);
        if (!(warmupSeconds >= 0 && warmupSeconds <= MOST)) {
            throw new IllegalArgumentException("warmup: found " + warmupSeconds + ", expected 0 to " + MOST);
        }
    }

    private static void require(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + ": found " + value + ", expected " + least + " to " + most);
        }
    }

    /** The tests of a model; a length of 0 leaves a test out. At a depth greedy decoding alone is measured. */
    List<ModelTest> modelTests() {
        List<ModelTest> prefill = promptTokens.stream()
                .filter(tokens -> tokens > 0)
                .map(tokens -> new ModelTest(TestKind.PREFILL, tokens, 0))
                .toList();
        List<ModelTest> decode = genTokens.stream()
                .filter(tokens -> tokens > 0)
                .flatMap(tokens -> depths.stream().flatMap(depth -> decodeTests(tokens, depth)))
                .toList();
        return Stream.concat(prefill.stream(), decode.stream()).toList();
    }

    private static Stream<ModelTest> decodeTests(int tokens, int depth) {
        ModelTest greedy = new ModelTest(TestKind.DECODE, tokens, depth);
        return depth > 0 ? Stream.of(greedy) : Stream.of(greedy, new ModelTest(TestKind.DISTRIBUTION, tokens, depth));
    }

    /**
     * A test of a model.
     *
     * @param depth positions before it, whose computation is not measured
     */
    record ModelTest(TestKind kind, int tokens, int depth) {
        /** As llama-bench names it. */
        String name() {
            return kind.testName(tokens) + (depth > 0 ? " @ d" + depth : "");
        }

        /** Positions that its requests take. */
        int positions() {
            return depth + (kind == TestKind.PREFILL ? tokens + 1 : tokens + 2);
        }
    }
}
