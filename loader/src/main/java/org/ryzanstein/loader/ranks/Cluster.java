package org.ryzanstein.loader.ranks;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.CommunicatorProvider;
import org.ryzanstein.api.comm.Endpoint;
import org.ryzanstein.api.kernel.KernelBackendProvider;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.cluster.ClusterOptions;
import org.ryzanstein.loader.cluster.ClusterStatus;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.model.Model;
import org.ryzanstein.loader.model.ModelLimits;
import org.ryzanstein.loader.parallel.SpinParkTeam;
import org.ryzanstein.loader.progress.ProgressListener;

/** A leader and the workers that it waits for or starts. */
public final class Cluster implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Cluster.class.getName());

    private final @Nullable AutoCloseable workers;
    private final LeaderRunner runner;

    private Cluster(@Nullable AutoCloseable workers, LeaderRunner runner) {
        this.workers = workers;
        this.runner = runner;
    }

    /**
     * Listens, starts workers if it is to, waits for them, and forms the first group.
     *
     * @param onChange called on any thread when a rank has come or gone
     * @throws ClusterException if the workers do not come in time, or one that was started here ends before all have come
     */
    public static Cluster lead(
            ClusterOptions options,
            ModelFile file,
            Hyperparameters shape,
            ModelLimits limits,
            int maxSequences,
            KernelBackendProvider kernels,
            CommunicatorProvider communicators,
            SpinParkTeam team,
            ProgressListener progress,
            Runnable onChange) {
        Endpoint endpoint = communicators.bind(options.endpoint());
        AutoCloseable workers = null;
        CompletableFuture<Membership> listening = new CompletableFuture<>();
        Membership membership = null;
        ShardLoader loader = new ShardLoader(file, kernels, team, progress);
        try {
            // Workers start while this process reads the model.
            int count = options.ranks() - 1;
            if (options.launcher().isPresent() && count > 0) {
                workers = options.launcher().get().launch(endpoint.address(), count, how -> {
                    var _ = listening.thenAccept(present -> present.processEnded(how));
                });
            }
            membership = new Membership(endpoint, ModelHash.of(file), onChange);
            listening.complete(membership);
            LOG.log(Level.INFO, "waiting at {0} for {1} workers", endpoint.address(), count);
            progress.progress("waiting for " + count + (count == 1 ? " worker" : " workers"), 0, 1);
            if (!membership.awaitWorkers(count, options.patience())) {
                throw new ClusterException("waited " + options.patience().toSeconds() + " s at " + endpoint.address()
                        + " for " + count + " workers, found "
                        + membership.living().size()
                        + ": start them by 'ryzanstein worker --join', and look at their messages");
            }
            progress.progress("waiting for workers", 1, 1);
            ClusterStatus.Rank self = new ClusterStatus.Rank(
                    0,
                    HostName.get(),
                    ProcessHandle.current().pid(),
                    endpoint.address().getAddress().getHostAddress() + ":"
                            + endpoint.address().getPort(),
                    kernels.name(),
                    team.size(),
                    "",
                    0);
            PlanChoice.Costs costs = PlanChoice.Costs.of(file, ReadSpeed.bytesPerSecond() * team.size());
            Planner planner = new Planner(options.plan(), shape, costs);
            LeaderRunner runner = new LeaderRunner(endpoint, membership, loader, planner, limits, maxSequences, self);
            return new Cluster(workers, runner);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            abandon(endpoint, membership, loader, workers);
            throw new ClusterException("interrupted while waiting for workers", e);
        } catch (RuntimeException | Error e) {
            abandon(endpoint, membership, loader, workers);
            throw e;
        }
    }

    private static void abandon(
            Endpoint endpoint, @Nullable Membership membership, ShardLoader loader, @Nullable AutoCloseable workers) {
        if (membership != null) {
            membership.close();
        }
        endpoint.close();
        loader.close();
        end(workers);
    }

    /** What runs steps on all ranks. */
    public StepRunner runner() {
        return runner;
    }

    /** The leader's shard of the model. */
    public Model model() {
        return runner.model();
    }

    /** Lets the workers go, and ends those that were started here. */
    @Override
    public void close() {
        runner.close();
        end(workers);
    }

    private static void end(@Nullable AutoCloseable workers) {
        if (workers == null) {
            return;
        }
        try {
            workers.close();
        } catch (Exception e) {
            throw new ClusterException("the workers could not be ended: " + e.getMessage(), e);
        }
    }
}
