package org.ryzanstein.api.kernel;

import java.util.BitSet;
import java.util.Optional;

/**
 * Service that says, and sets, on which of the machine's processors the calling thread may run. Processors have the operating system's
 * numbers. Creating one must be cheap and free of side effects.
 */
public interface ThreadAffinity {
    /** Why it can't be used here; empty where it can. */
    Optional<String> refusal();

    /**
     * The processors that the calling thread may run on.
     *
     * @throws AffinityException if the system refuses to tell
     */
    BitSet current();

    /**
     * Binds the calling thread. Threads that it starts afterwards are bound likewise.
     *
     * @throws AffinityException if the system refuses, because it allows none of the processors, or no thread to choose
     */
    void bind(BitSet processors);
}
