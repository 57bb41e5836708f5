package org.ryzanstein.api.comm;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A process's place in the network: through it the process joins one formation of the group after the other. */
public interface Endpoint extends AutoCloseable {
    /** Where it listens; the port is the real one where 0 was asked for. */
    InetSocketAddress address();

    /**
     * Joins a group; returns when all ranks have joined and the speed between them is known. At most one formation is joined
     * at a time; the communicator of an older one stays usable until it is closed.
     *
     * @throws CommunicationException of kind REFUSED that names the rank and the reason: a rank that did not come in time or
     *     could not prove the secret, a term that differs (on both sides, with both values), an epoch that has passed
     */
    default Communicator join(Rendezvous rendezvous) {
        return join(rendezvous, Optional::empty);
    }

    /**
     * As {@link #join(Rendezvous)}, for whoever may learn in another way that the group can't come about.
     *
     * @param over asked several times a second, by the thread that joins, while the ranks come together; once it has an answer,
     *     joining ends with it
     */
    Communicator join(Rendezvous rendezvous, Supplier<Optional<CommunicationException>> over);

    /**
     * Opens an authenticated connection to another process, for what has to be said outside of a group: who is there, who
     * joins next. Tries again until the deadline while nobody listens there.
     *
     * @throws CommunicationException of kind REFUSED with the reason
     */
    Link connect(InetSocketAddress peer, Duration deadline);

    /**
     * From now on hands each connection that another process opened by {@link #connect}, authenticated, to the handler, on a
     * thread of its own. Without a handler they are refused.
     */
    void onConnect(Consumer<Link> handler);

    /** Stops to listen. Communicators and links live on. */
    @Override
    void close();
}
