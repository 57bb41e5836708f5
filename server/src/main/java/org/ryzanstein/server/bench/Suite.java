package org.ryzanstein.server.bench;

/** A group of tests. */
public enum Suite {
    /** Prefill and decode of a model. */
    MODEL,
    /** The same for several numbers of threads. */
    THREADS;

    /** The name in results. */
    String text() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
