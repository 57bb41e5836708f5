package org.ryzanstein.backend.cuda;

import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackendProvider;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.provider.Probe;

/** Names the backend {@code cuda}. The kernels for NVIDIA GPUs are not built yet, so it is never available. */
public final class CudaBackendProvider implements KernelBackendProvider {
    private static final int SPI_VERSION = 1;
    private static final String REASON =
            "not built yet: this release has no cuda kernels; leave --backend out to get the best for this CPU";

    @Override
    public String name() {
        return "cuda";
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
        throw new UnsupportedOperationException("backend cuda: " + REASON);
    }
}
