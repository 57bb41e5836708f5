package org.ryzanstein.loader.ranks;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.CommunicatorProvider;
import org.ryzanstein.api.comm.Communicators;
import org.ryzanstein.api.comm.Endpoint;
import org.ryzanstein.api.comm.Link;
import org.ryzanstein.api.comm.Rendezvous;
import org.ryzanstein.api.kernel.KernelBackendProvider;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.kernel.MemoryKind;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.provider.Selection;
import org.ryzanstein.loader.affinity.Affinity;
import org.ryzanstein.loader.affinity.TeamBinding;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.cluster.Worker;
import org.ryzanstein.loader.cluster.WorkerOptions;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.model.ModelLimits;
import org.ryzanstein.loader.parallel.SpinParkTeam;

/**
 * A process that computes as a rank of somebody else's group: it joins a leader, is told which rank it is, packs its shard and
 * runs the leader's steps. When a group ends, it waits for the next; when the leader is gone, it joins its restart.
 */
public final class RankWorker implements Worker {
    /** A step's operations only wait for ranks that compute, and these show signs of life: silence is noticed by itself. */
    static final Duration STEP_DEADLINE = Duration.ofMinutes(10);
    /** Between steps nothing has to come. */
    private static final Duration IDLE_DEADLINE = Duration.ofDays(365);

    private static final Logger LOG = System.getLogger(RankWorker.class.getName());
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration LEAST_PAUSE = Duration.ofMillis(50);
    private static final Duration MOST_PAUSE = Duration.ofSeconds(5);
    /** Whoever was with a leader for so long was not turned away. */
    private static final Duration STEADY = Duration.ofSeconds(5);

    private static final Duration JOIN = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration AT_ONCE = Duration.ofNanos(1);

    private final WorkerOptions options;
    private final Endpoint endpoint;
    private final SpinParkTeam team;
    private final ShardLoader loader;
    private final ModelFile file;
    private final String backend;
    private final String modelHash;
    private final ReentrantLock running = new ReentrantLock();
    private final CountDownLatch ending = new CountDownLatch(1);
    private volatile boolean closed;
    private boolean released;
    private long newestEpoch;
    /** A message of the leader that has come while this rank was joining a group. */
    private Optional<byte[]> next = Optional.empty();

    private volatile @Nullable Link link;
    private volatile @Nullable Communicator communicator;

    /**
     * Chooses a backend and begins to listen.
     *
     * @param file the model; closed with the worker
     */
    public RankWorker(WorkerOptions options, ModelFile file) {
        this.options = options;
        this.file = file;
        Selection<KernelBackendProvider> kernels = KernelBackends.choose(options.backend());
        Selection<CommunicatorProvider> communicators = Communicators.choose(MemoryKind.HOST, 2, Optional.empty());
        backend = kernels.provider().name();
        modelHash = ModelHash.of(file);
        TeamBinding binding = TeamBinding.plan(
                options.affinity().orElseGet(Affinity::ofProcess),
                options.threads(),
                options.firstLocalThread(),
                options.localThreads());
        LOG.log(Level.INFO, "compute threads: {0}, {1}", options.threads(), binding.describe());
        team = new SpinParkTeam(options.threads(), options.localThreads(), binding);
        loader = new ShardLoader(file, kernels.provider(), team, options.progress());
        endpoint = communicators.provider().bind(options.endpoint());
    }

    @Override
    public InetSocketAddress address() {
        return endpoint.address();
    }

    @Override
    public void run() {
        running.lock();
        try (TeamBinding.Bound _ = team.bindCallerWhile()) {
            work();
        } finally {
            running.unlock();
        }
    }

    private void work() {
        String told = "";
        Duration pause = LEAST_PAUSE;
        while (!closed) {
            long begun = System.nanoTime();
            try (Link connected = endpoint.connect(options.leader(), CONNECT)) {
                link = connected;
                LOG.log(Level.INFO, "connected to the leader at {0}", leader());
                told = "";
                next = Optional.empty();
                serve(connected);
            } catch (CommunicationException e) {
                boolean served = link != null;
                link = null;
                if (closed) {
                    return;
                }
                String reason = String.valueOf(e.getMessage());
                if (served) {
                    LOG.log(Level.WARNING, "the leader at {0} is gone: {1}", leader(), reason);
                } else if (!reason.equals(told)) {
                    LOG.log(Level.WARNING, "no leader at {0}: {1}; trying again", leader(), reason);
                    told = reason;
                }
                // A leader that turns this worker away at once is asked ever less often.
                pause = System.nanoTime() - begun > STEADY.toNanos() ? LEAST_PAUSE : pause.multipliedBy(2);
                pause = pause.compareTo(MOST_PAUSE) > 0 ? MOST_PAUSE : pause;
                rest(pause);
            }
        }
    }

    private String leader() {
        return options.leader().getHostString() + ":" + options.leader().getPort();
    }

    private void rest(Duration time) {
        try {
            if (ending.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
                LOG.log(Level.DEBUG, "closed while waiting for the leader");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed = true;
        }
    }

    private void serve(Link leader) {
        // The hash was taken of what the file held then.
        file.change().ifPresent(change -> {
            throw new ClusterException(change + "; start the worker again");
        });
        leader.send(new ControlMessage.Hello(
                        ControlMessage.VERSION,
                        modelHash,
                        HostName.get(),
                        ProcessHandle.current().pid(),
                        endpoint.address().getPort(),
                        backend,
                        options.threads(),
                        newestEpoch)
                .encode());
        while (!closed) {
            Optional<byte[]> message = next.isPresent() ? next : leader.receive(POLL);
            next = Optional.empty();
            if (message.isEmpty()) {
                continue;
            }
            switch (ControlMessage.decode(message.get())) {
                case ControlMessage.Refused refused ->
                    throw new ClusterException(
                            "the leader at " + leader() + " refuses this worker: " + refused.reason());
                case ControlMessage.Form form -> take(form, leader);
                case ControlMessage.Hello ignored -> throw new ClusterException("the leader sent a worker's message");
            }
        }
    }

    /** Computes in one group until it ends. */
    private void take(ControlMessage.Form form, Link leader) {
        if (form.epoch() <= newestEpoch) {
            throw new CommunicationException(
                    CommunicationException.Kind.PROTOCOL,
                    0,
                    "the leader begins formation " + form.epoch() + " after formation " + newestEpoch);
        }
        newestEpoch = form.epoch();
        List<InetSocketAddress> addresses = new ArrayList<>(form.addresses());
        addresses.set(0, options.leader());
        Rendezvous rendezvous = new Rendezvous(form.rank(), addresses, form.epoch())
                .withThreads(options.threads())
                .withDeadline(JOIN);
        try (Communicator ranks = endpoint.join(rendezvous, () -> superseded(leader))) {
            communicator = ranks;
            try {
                if (!closed) {
                    compute(ranks, form);
                }
            } catch (CommunicationException e) {
                throw e;
            } catch (RuntimeException | Error e) {
                LOG.log(Level.ERROR, "this rank fails, and with it the group", e);
                ranks.abort(e.toString());
            }
        } catch (CommunicationException e) {
            LOG.log(Level.WARNING, "formation {0} has ended: {1}", form.epoch(), e.getMessage());
        }
    }

    /** A leader that has given up a formation begins another one, of which this rank shall not hear only at the deadline. */
    private Optional<CommunicationException> superseded(Link leader) {
        next = leader.receive(AT_ONCE);
        return next.map(message -> new CommunicationException(
                CommunicationException.Kind.ABORTED, 0, "the leader begins another formation"));
    }

    private void compute(Communicator ranks, ControlMessage.Form form) {
        ModelLimits limits = form.limits();
        ranks.setDeadline(STEP_DEADLINE);
        Agreement.Terms terms = Agreement.terms(ranks, Agreement.Terms.ANY);
        LoadedShard shard = loader.load(terms, limits, ranks);
        Agreement.ready(ranks, shard.model().packedBytes());
        LOG.log(
                Level.INFO,
                "rank {0} of {1}, formation {2}: {3}",
                ranks.rank(),
                ranks.worldSize(),
                form.epoch(),
                shard.shard().describe());
        int maxBlocks = ModelLimits.blocksFor(limits.contextLength());
        StepBatch batch = new StepBatch(limits.maxTokens(), form.maxSequences(), maxBlocks);
        StepMessage message = new StepMessage(form.maxSequences(), maxBlocks, limits.kvBlocks());
        MergedHead head = new MergedHead(limits, shard.shard().vocabulary(), ranks.rank());
        while (true) {
            ranks.setDeadline(IDLE_DEADLINE);
            if (!message.receive(batch, ranks)) {
                return;
            }
            ranks.setDeadline(STEP_DEADLINE);
            shard.run(batch);
            head.send(batch, shard, ranks);
        }
    }

    @Override
    public void close() {
        closed = true;
        ending.countDown();
        endpoint.close();
        Communicator group = communicator;
        if (group != null) {
            group.abort("the worker was closed");
        }
        Link connected = link;
        if (connected != null) {
            connected.close();
        }
        running.lock();
        try {
            if (!released) {
                released = true;
                loader.close();
                team.close();
                file.close();
            }
        } finally {
            running.unlock();
        }
    }
}
