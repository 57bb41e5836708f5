package org.ryzanstein.loader.cluster;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.loader.affinity.Affinity;
import org.ryzanstein.loader.progress.ProgressListener;

/**
 * How to work for a leader.
 *
 * @param leader where to join; if it is unresolved, its name is looked up whenever a connection is opened
 * @param endpoint where to listen for other ranks, and the secret that all share
 * @param model the same model as the leader's; empty: the embedded one
 * @param backend the kernel backend to insist on; empty: the best available
 * @param threads compute threads
 * @param localThreads compute threads of all ranks on this machine, so that nobody spins where there are not as many cores
 * @param firstLocalThread how many of them ranks before this one have
 * @param affinity whether they are bound to memory nodes; empty: as the property {@value Affinity#PROPERTY} says
 */
public record WorkerOptions(
        InetSocketAddress leader,
        EndpointConfig endpoint,
        Optional<Path> model,
        Optional<String> backend,
        int threads,
        int localThreads,
        int firstLocalThread,
        Optional<Affinity> affinity,
        ProgressListener progress) {
    public WorkerOptions {
        if (threads < 1 || localThreads < 1) {
            throw new IllegalArgumentException(
                    "threads: found " + threads + " of " + localThreads + " on this machine, expected at least 1");
        }
        if (firstLocalThread < 0 || firstLocalThread > Math.max(threads, localThreads) - threads) {
            throw new IllegalArgumentException("firstLocalThread: found " + firstLocalThread + ", expected 0 to "
                    + (Math.max(threads, localThreads) - threads));
        }
    }
}
