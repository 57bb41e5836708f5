package org.ryzanstein.api.kernel;

import org.ryzanstein.api.provider.Probe;
import org.ryzanstein.api.provider.Provider;

/** Service through which a kernel backend is found. Creating one must be cheap and free of side effects. */
public interface KernelBackendProvider extends Provider {
    /** Whether it can run here; asks the JVM, not the CPU. */
    Probe probe();

    /**
     * Opens the backend.
     *
     * @param team the threads to compute with; they stay the caller's
     */
    KernelBackend open(ThreadTeam team);
}
