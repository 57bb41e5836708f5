package org.ryzanstein.comm.tcp;

import java.nio.ByteOrder;
import org.ryzanstein.api.comm.CommunicatorProvider;
import org.ryzanstein.api.comm.Endpoint;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.api.kernel.MemoryKind;
import org.ryzanstein.api.provider.Probe;

/** The communicator {@code tcp}: collectives on host memory over sockets. */
public final class TcpCommunicatorProvider implements CommunicatorProvider {
    static final int SPI_VERSION = 1;

    private static final int SCORE = 10;

    @Override
    public String name() {
        return "tcp";
    }

    @Override
    public int spiVersion() {
        return SPI_VERSION;
    }

    @Override
    public Probe probe(MemoryKind memoryKind, int worldSize) {
        if (memoryKind != MemoryKind.HOST) {
            return new Probe.Unavailable("moves host memory only, the backend's buffers are " + memoryKind);
        }
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            return new Probe.Unavailable("sends words as little-endian machines hold them, this one is big-endian");
        }
        return new Probe.Available(SCORE, "sockets, host memory");
    }

    @Override
    public Endpoint bind(EndpointConfig config) {
        return TcpEndpoint.bind(config);
    }
}
