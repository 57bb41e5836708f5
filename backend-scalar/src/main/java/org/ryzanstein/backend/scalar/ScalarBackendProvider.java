package org.ryzanstein.backend.scalar;

import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackendProvider;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.provider.Probe;
import org.ryzanstein.backend.cpu.CpuBackend;

/** The backend that runs wherever Java does, and defines what the others must compute. */
public final class ScalarBackendProvider implements KernelBackendProvider {
    private static final int SPI_VERSION = 1;
    private static final int SCORE = 10;

    @Override
    public String name() {
        return ScalarKernels.NAME;
    }

    @Override
    public int spiVersion() {
        return SPI_VERSION;
    }

    @Override
    public Probe probe() {
        return new Probe.Available(SCORE, "plain Java, no vector instructions asked for");
    }

    @Override
    public KernelBackend open(ThreadTeam team) {
        return new CpuBackend(new ScalarKernels(), team);
    }
}
