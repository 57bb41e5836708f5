package org.ryzanstein.server.bench;

import java.util.Arrays;

/** What of a model is measured; named as llama-bench names its tests. */
enum TestKind {
    /** Computes a prompt and its first token: pp128. */
    PREFILL("pp", ""),
    /** Generates greedily, after a prompt of one token or, at a depth, of more: tg32. */
    DECODE("tg", ""),
    /** The same with all logits computed and handed out: tg32-dist. */
    DISTRIBUTION("tg", "-dist");

    private final String prefix;
    private final String suffix;

    TestKind(String prefix, String suffix) {
        this.prefix = prefix;
        this.suffix = suffix;
    }

    String testName(int tokens) {
        return prefix + tokens + suffix;
    }

    static TestKind of(String name) {
        return Arrays.stream(values())
                .filter(kind -> kind.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no kind of test \"" + name + "\""));
    }
}
