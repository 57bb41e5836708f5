package com.example.ryzanstein;

import java.util.Optional;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackendProvider;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.provider.Probe;

/** Offers the backend {@code example}; its low score means that it is used only when it is asked for by name. */
public final class ExampleBackendProvider implements KernelBackendProvider {
    private static final int SPI_VERSION = 1;
    private static final int SCORE = 1;

    @Override
    public String name() {
        return "example";
    }

    @Override
    public int spiVersion() {
        return SPI_VERSION;
    }

    @Override
    public Probe probe() {
        return new Probe.Available(SCORE, "passes every call on to scalar");
    }

    @Override
    public KernelBackend open(ThreadTeam team) {
        return new ExampleBackend(
                KernelBackends.choose(Optional.of("scalar")).provider().open(team));
    }
}
