package org.ryzanstein.api.comm;

import org.ryzanstein.api.kernel.MemoryKind;
import org.ryzanstein.api.provider.Probe;
import org.ryzanstein.api.provider.Provider;

/** Service through which a communicator is found, after the kernel backend was chosen. */
public interface CommunicatorProvider extends Provider {
    /** Whether it can move buffers of this kind of memory between so many ranks. */
    Probe probe(MemoryKind memoryKind, int worldSize);

    /**
     * Starts to listen. Done once in the life of a process, before the others are told its address.
     *
     * @throws java.io.UncheckedIOException if the address can't be bound
     */
    Endpoint bind(EndpointConfig config);
}
