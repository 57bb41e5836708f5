package org.ryzanstein.loader.engine;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.cluster.ClusterOptions;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.cluster.Worker;
import org.ryzanstein.loader.cluster.WorkerOptions;
import org.ryzanstein.loader.progress.ProgressListener;

/** An engine that leads workers which are threads of this process; every second one is on the scalar backend. */
final class LocalRanks implements AutoCloseable {
    static final byte[] SECRET = "a secret for tests only".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    private final Optional<Path> model;
    private final List<Worker> workers = new CopyOnWriteArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private @Nullable InetSocketAddress leader;
    private @Nullable Engine engine;

    LocalRanks(Optional<Path> model) {
        this.model = model;
    }

    /** Starts leader and workers. */
    Engine open(EngineOptions options, int ranks, ShardPlan plan) {
        return open(options, ranks, plan, Ryzanstein::open);
    }

    /** Starts workers, and the leader by this function. */
    Engine open(EngineOptions options, int ranks, ShardPlan plan, Function<EngineOptions, Engine> opener) {
        ClusterOptions cluster = new ClusterOptions(
                EndpointConfig.loopback(SECRET),
                ranks,
                Optional.of(plan),
                Optional.of(this::launch),
                Duration.ofSeconds(60),
                ranks * options.threads());
        Engine opened = opener.apply(options.withCluster(cluster));
        engine = opened;
        return opened;
    }

    private AutoCloseable launch(InetSocketAddress address, int count, Consumer<String> onEnd) {
        leader = address;
        for (int i = 0; i < count; i++) {
            join(model);
        }
        return () -> {};
    }

    /** One more worker. */
    Worker join(Optional<Path> file) {
        InetSocketAddress address = leader;
        if (address == null) {
            throw new IllegalStateException("no leader");
        }
        Worker worker = worker(address, file, workers.size() % 2 == 0 ? Optional.of("scalar") : Optional.empty());
        workers.add(worker);
        threads.add(Thread.ofPlatform().daemon().name("worker").start(worker::run));
        return worker;
    }

    /** A worker that does not run yet. */
    static Worker worker(InetSocketAddress leader, Optional<Path> file, Optional<String> backend) {
        return Ryzanstein.openWorker(new WorkerOptions(
                leader,
                EndpointConfig.loopback(SECRET),
                file,
                backend,
                1,
                8,
                0,
                Optional.empty(),
                ProgressListener.NONE));
    }

    InetSocketAddress leader() {
        return java.util.Objects.requireNonNull(leader);
    }

    /** The workers in the order in which they were started, which need not be that of their ranks. */
    List<Worker> workers() {
        return workers;
    }

    @Override
    public void close() {
        if (engine != null) {
            engine.close();
        }
        workers.forEach(Worker::close);
        for (Thread thread : threads) {
            try {
                thread.join(Duration.ofSeconds(30));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
