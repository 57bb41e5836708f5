package org.ryzanstein.loader.cluster;

import java.net.InetSocketAddress;

/** A process that computes as a rank of somebody else's group. */
public interface Worker extends AutoCloseable {
    /** Where it listens for the other ranks. */
    InetSocketAddress address();

    /**
     * Joins the leader and works until it is closed. When a group ends, it waits for the next one; when the leader is gone, it
     * joins its restart.
     *
     * @throws ClusterException if the leader refuses this worker, or somebody has written to its model file
     */
    void run();

    /** Ends {@link #run} soon; may be called from any thread. */
    @Override
    void close();
}
