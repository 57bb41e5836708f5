package org.ryzanstein.backend.avx512;

import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackendProvider;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.provider.Probe;

/** Names the backend {@code avx512}. The kernels for 512-bit vectors are not built yet, so it is never available. */
public final class Avx512BackendProvider implements KernelBackendProvider {
    private static final int SPI_VERSION = 1;
    private static final String REASON = "not built yet: this release has no avx512 kernels; use --backend scalar";

    @Override
    public String name() {
        return "avx512";
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
        throw new UnsupportedOperationException("backend avx512: " + REASON);
    }
}
