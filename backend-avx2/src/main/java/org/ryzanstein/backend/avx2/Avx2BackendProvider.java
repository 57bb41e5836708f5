package org.ryzanstein.backend.avx2;

import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackendProvider;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.provider.Probe;

/** Names the backend {@code avx2}. The kernels for 256-bit vectors are not built yet, so it is never available. */
public final class Avx2BackendProvider implements KernelBackendProvider {
    private static final int SPI_VERSION = 1;
    private static final String REASON = "not built yet: this release has no avx2 kernels; use --backend scalar";

    @Override
    public String name() {
        return "avx2";
    }

    @Override
    public int spiVersion() {
        return SPI_VERSION;
    }

    @Override
    public Probe probe() {
        return new Probe.Unavailable(REASON);
    }

    @Override
    public KernelBackend open(ThreadTeam team) {
        throw new UnsupportedOperationException("backend avx2: " + REASON);
    }
}
