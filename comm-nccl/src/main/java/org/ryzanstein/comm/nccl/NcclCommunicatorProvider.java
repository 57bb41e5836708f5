package org.ryzanstein.comm.nccl;

import org.ryzanstein.api.comm.CommunicatorProvider;
import org.ryzanstein.api.comm.Endpoint;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.api.kernel.MemoryKind;
import org.ryzanstein.api.provider.Probe;

/** Names the communicator {@code nccl}. Collectives through NCCL are not built yet, so it is never available. */
public final class NcclCommunicatorProvider implements CommunicatorProvider {
    private static final int SPI_VERSION = 1;
    private static final String REASON =
            "not built yet: this release has no nccl communicator; several ranks run over tcp";

    @Override
    public String name() {
        return "nccl";
    }

    @Override
    public int spiVersion() {
        return SPI_VERSION;
    }

    @Override
    public Probe probe(MemoryKind memoryKind, int worldSize) {
        return new Probe.Unavailable(REASON);
    }

    @Override
    public Endpoint bind(EndpointConfig config) {
        throw new UnsupportedOperationException("communicator nccl: " + REASON);
    }
}
