package org.ryzanstein.api.comm;

import org.ryzanstein.api.kernel.MemoryKind;
import org.ryzanstein.api.provider.Probe;
import org.ryzanstein.api.provider.Provider;

/** Service through which a communicator is found, after the kernel backend was chosen. */
public interface CommunicatorProvider extends Provider {
    /** Whether it can move buffers of this kind of memory between so many ranks. */
    Probe probe(MemoryKind memoryKind, int worldSize);

    /** Joins the group; returns when all ranks have joined. */
    Communicator open(Rendezvous rendezvous);
}
