package org.ryzanstein.server.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What to measure.
 *
 * @param model a model; the embedded one where there is none
 * @param promptTokens lengths of the prompts of prefill tests
 * @param genTokens lengths of decode tests
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
        List<Integer> threads,
        List<String> backends,
        int repetitions,
        double warmupSeconds) {
    private static final int MOST = 1_000_000;

    public BenchOptions {
        suites = Set.copyOf(suites);
        promptTokens = List.copyOf(promptTokens);
        genTokens = List.copyOf(genTokens);
        threads = List.copyOf(threads);
        backends = List.copyOf(backends);
        promptTokens.forEach(tokens -> require("prompt-tokens", tokens, 0, MOST));
        genTokens.forEach(tokens -> require("gen-tokens", tokens, 0, MOST));
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

    /** The tests of a model; a length of 0 leaves a test out. */
    List<ModelTest> modelTests() {
        List<ModelTest> prefill = promptTokens.stream()
                .filter(tokens -> tokens > 0)
                .map(tokens -> new ModelTest(TestKind.PREFILL, tokens))
                .toList();
        List<ModelTest> decode = genTokens.stream()
                .filter(tokens -> tokens > 0)
                .flatMap(tokens ->
                        List.of(new ModelTest(TestKind.DECODE, tokens), new ModelTest(TestKind.DISTRIBUTION, tokens))
                                .stream())
                .toList();
        return java.util.stream.Stream.concat(prefill.stream(), decode.stream()).toList();
    }

    /** A test of a model. */
    record ModelTest(TestKind kind, int tokens) {
        String name() {
            return kind.testName(tokens);
        }

        /** Positions that its requests take. */
        int positions() {
            return kind == TestKind.PREFILL ? tokens + 1 : tokens + 2;
        }
    }
}
