package org.ryzanstein.loader.cluster;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.ryzanstein.api.comm.EndpointConfig;

/**
 * How to lead a group of ranks.
 *
 * @param endpoint where the leader listens, and the secret that all ranks share
 * @param ranks ranks to wait for before the engine is ready, the leader included
 * @param plan how layers are shared out; empty: by measured latency and bandwidth
 * @param launcher starts the other ranks; empty: somebody else does
 * @param patience how long to wait for them
 * @param localThreads compute threads of all ranks on this machine, so that nobody spins where there are not as many cores
 */
public record ClusterOptions(
        EndpointConfig endpoint,
        int ranks,
        Optional<ShardPlan> plan,
        Optional<Launcher> launcher,
        Duration patience,
        int localThreads) {
    /** More ranks are refused. */
    public static final int MAX_RANKS = 64;

    public ClusterOptions {
        if (ranks < 1 || ranks > MAX_RANKS) {
            throw new IllegalArgumentException("ranks: found " + ranks + ", expected 1 to " + MAX_RANKS);
        }
        if (localThreads < 1) {
            throw new IllegalArgumentException("localThreads: found " + localThreads + ", expected at least 1");
        }
    }

    /** Starts processes that join a leader by {@link Worker}. */
    @FunctionalInterface
    public interface Launcher {
        /**
         * Starts them.
         *
         * @param leader where to join
         * @param count how many
         * @param onEnd told, on any thread, of each process that ends although nobody has ended it: which one, and how
         * @return closed with the engine: ends them
         */
        AutoCloseable launch(InetSocketAddress leader, int count, Consumer<String> onEnd);
    }
}
