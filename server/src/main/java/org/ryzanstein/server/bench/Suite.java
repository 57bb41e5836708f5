package org.ryzanstein.server.bench;

import java.util.Locale;

/** A group of tests. */
public enum Suite {
    /** Single operations at the model's shapes, on weights that caches hold. */
    KERNELS,
    /** Prefill and decode of a model. */
    MODEL,
    /** The same for several numbers of threads. */
    THREADS,
    /** From the start of a process to the first token. */
    STARTUP,
    /** Several processes that share the model out among themselves, against one. */
    RANKS;

    /** The name in results. */
    String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
