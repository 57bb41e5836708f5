package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackendProvider;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.provider.Probe;
import org.ryzanstein.api.provider.Selection;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.cluster.ClusterOptions;
import org.ryzanstein.loader.cluster.ClusterStatus;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.cluster.Worker;
import org.ryzanstein.loader.cluster.WorkerOptions;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.tokenizer.EncodeOptions;

/** Requests that come, are cancelled, or see the engine close while ranks die; leaders that restart; workers that are alone. */
@Timeout(120)
class TroubledRanksTest {
    private static final int TOKENS = 40;
    private static final int LOSS = 12;
    private static final int HIDDEN = 256;

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static List<Integer> alone;

    private static EngineOptions options() {
        return EngineOptions.defaults().withThreads(1).withBackend("scalar").withMaxSequences(3);
    }

    private static GenerationRequest request(Engine engine) {
        int[] prompt = engine.tokenizer().encode("The dog", new EncodeOptions(true, false));
        return GenerationRequest.greedy(prompt, TOKENS).withIgnoreEndOfGeneration(true);
    }

    @BeforeAll
    static void runAlone() throws InterruptedException {
        try (Engine engine = Ryzanstein.open(options())) {
            alone = run(engine);
        }
    }

    private static List<Integer> run(Engine engine) throws InterruptedException {
        RecordingListener listener = new RecordingListener();
        engine.submit(request(engine), listener).await();
        return listener.ids();
    }

    /** A listener that closes a worker at a token, and tells somebody. */
    private static RecordingListener losing(LocalRanks group, CountDownLatch lost) {
        return new RecordingListener() {
            @Override
            public void token(GeneratedToken token) {
                super.token(token);
                if (token.index() == LOSS) {
                    group.workers().getFirst().close();
                    lost.countDown();
                }
            }
        };
    }

    @Test
    void takesAndCancelsRequestsWhileItRecovers() throws Exception {
        try (LocalRanks group = new LocalRanks(Optional.empty())) {
            Engine engine = group.open(options(), 3, ShardPlan.ALL_SPLIT);
            CountDownLatch lost = new CountDownLatch(1);
            RecordingListener first = losing(group, lost);
            RecordingListener cancelled = new RecordingListener();
            Generation generation = engine.submit(request(engine), first);
            Generation other = engine.submit(request(engine), cancelled);
            lost.await();
            other.cancel();
            assertThat(run(engine)).isEqualTo(alone);
            generation.await();
            assertThat(first.ids()).isEqualTo(alone);
            assertThat(other.await().finishReason()).isIn(FinishReason.CANCELLED, FinishReason.LENGTH);
            assertThat(alone).startsWith(cancelled.ids().toArray(Integer[]::new));
            assertThat(engine.cluster().orElseThrow().worldSize()).isEqualTo(2);
        }
    }

    @Test
    void closesWhileItRecovers() throws Exception {
        try (LocalRanks group = new LocalRanks(Optional.empty())) {
            Engine engine = group.open(options(), 3, ShardPlan.ALL_SPLIT);
            CountDownLatch lost = new CountDownLatch(1);
            RecordingListener listener = losing(group, lost);
            Generation generation = engine.submit(request(engine), listener);
            lost.await();
            engine.close();
            generation.await();
            assertThat(alone).startsWith(listener.ids().toArray(Integer[]::new));
            assertThatThrownBy(() -> engine.submit(request(engine), new RecordingListener()))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void survivesManyFormations() throws InterruptedException {
        try (LocalRanks group = new LocalRanks(Optional.empty())) {
            Engine engine = group.open(options(), 2, ShardPlan.ATTENTION_REPLICATED);
            for (int round = 0; round < 10; round++) {
                group.workers().getLast().close();
                assertThat(run(engine)).isEqualTo(alone);
                Worker back = group.join(Optional.empty());
                // In every second round it is taken in; in the others it may be gone before.
                while (round % 2 == 0 && engine.cluster().orElseThrow().worldSize() < 2) {
                    Thread.onSpinWait();
                }
                assertThat(run(engine)).isEqualTo(alone);
                assertThat(back.address().getPort()).isPositive();
            }
            assertThat(engine.cluster().orElseThrow().recoveryCount()).isBetween(1L, 10L);
            assertThat(engine.cluster().orElseThrow().formations()).isGreaterThan(10);
        }
    }

    private static InetSocketAddress freeAddress() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), free.getLocalPort());
        }
    }

    private static Engine lead(InetSocketAddress address, Duration patience) {
        return Ryzanstein.open(options()
                .withCluster(new ClusterOptions(
                        EndpointConfig.at(address, LocalRanks.SECRET),
                        2,
                        Optional.empty(),
                        Optional.empty(),
                        patience,
                        2)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStepThatFailsInTheLeaderLeavesNothingForTheNextOne(boolean computed) throws Exception {
        AtomicReference<WrappedBackend> backend = new AtomicReference<>();
        Selection<KernelBackendProvider> real = KernelBackends.choose(Optional.of("scalar"));
        KernelBackendProvider wrapping = new KernelBackendProvider() {
            @Override
            public String name() {
                return real.provider().name();
            }

            @Override
            public int spiVersion() {
                return real.provider().spiVersion();
            }

            @Override
            public Probe probe() {
                return real.provider().probe();
            }

            @Override
            public KernelBackend open(ThreadTeam team) {
                backend.set(new WrappedBackend(real.provider().open(team)));
                return backend.get();
            }
        };
        try (LocalRanks group = new LocalRanks(Optional.empty())) {
            Engine engine = group.open(
                    options(),
                    2,
                    ShardPlan.ALL_SPLIT,
                    all -> EngineLoader.open(all, new Selection<>(wrapping, real.report())));
            IllegalStateException failure = new IllegalStateException("the leader's own");
            if (computed) {
                backend.get().failAfterNextStep(failure);
            } else {
                backend.get().failNextStep(failure);
            }
            Generation failing = engine.submit(request(engine), GenerationListener.NONE);
            assertThatThrownBy(failing::await).hasRootCause(failure);
            assertThat(run(engine)).isEqualTo(alone);
            ClusterStatus status = engine.cluster().orElseThrow();
            assertThat(status.worldSize()).isEqualTo(2);
            assertThat(status.recoveryCount()).isOne();
        }
    }

    @Test
    void aRankThatIsLostLaterStillHasTheModelThatItsFileHeldAtFirst(@TempDir Path folder) throws Exception {
        Path model = folder.resolve("model.gguf");
        Path other = folder.resolve("other.gguf");
        TinyModel.embedded().write(model);
        float[] gains = new float[HIDDEN];
        Arrays.fill(gains, 0, HIDDEN / 2, 1);
        TinyModel.embedded()
                .withTensor("output_norm.weight", List.of((long) HIDDEN), gains)
                .write(other);
        try (LocalRanks group = new LocalRanks(Optional.of(model))) {
            Engine engine = group.open(options().withModel(model), 3, ShardPlan.ALL_SPLIT);
            Files.move(other, model, StandardCopyOption.REPLACE_EXISTING);
            group.workers().getFirst().close();
            assertThat(run(engine)).isEqualTo(alone);
            Files.delete(model);
            group.workers().getLast().close();
            assertThat(run(engine)).isEqualTo(alone);
            assertThat(engine.cluster().orElseThrow().worldSize()).isOne();
        }
    }

    @Test
    void aWorkerJoinsTheRestartsOfItsLeader() throws Exception {
        InetSocketAddress address = freeAddress();
        CompletableFuture<Void> working;
        try (Worker worker = LocalRanks.worker(address, Optional.empty(), Optional.of("scalar"))) {
            working = CompletableFuture.runAsync(worker::run);
            for (int start = 0; start < 3; start++) {
                try (Engine engine = lead(address, Duration.ofSeconds(60))) {
                    assertThat(engine.cluster().orElseThrow().worldSize()).isEqualTo(2);
                    assertThat(run(engine)).isEqualTo(alone);
                }
            }
            assertThat(working.isDone()).isFalse();
        }
        working.get(60, TimeUnit.SECONDS);
    }

    /** Another plan would have all ranks pack again. What was measured for it is part of the reason. */
    @Test
    void aSpareInADeadRanksPlaceLeavesThePlanAsItWas() throws Exception {
        InetSocketAddress address = freeAddress();
        List<Thread> working = new ArrayList<>();
        try (Worker first = LocalRanks.worker(address, Optional.empty(), Optional.of("scalar"));
                Worker spare = LocalRanks.worker(address, Optional.empty(), Optional.of("scalar"))) {
            Runnable lose = first::close;
            working.add(Thread.ofPlatform().daemon().start(first::run));
            try (Engine engine = lead(address, Duration.ofSeconds(60))) {
                String reason = engine.cluster().orElseThrow().planReason();
                assertThat(reason).contains("predicted at");
                RecordingListener listener = new RecordingListener() {
                    @Override
                    public void token(GeneratedToken token) {
                        super.token(token);
                        if (token.index() == LOSS) {
                            working.add(Thread.ofPlatform().daemon().start(spare::run));
                            while (engine.cluster().orElseThrow().spares().isEmpty()) {
                                Thread.onSpinWait();
                            }
                            lose.run();
                        }
                    }
                };
                engine.submit(request(engine), listener).await();
                assertThat(listener.ids()).isEqualTo(alone);
                ClusterStatus status = engine.cluster().orElseThrow();
                assertThat(status.worldSize()).isEqualTo(2);
                assertThat(status.recoveryCount()).isOne();
                assertThat(status.planReason()).isEqualTo(reason);
            }
        }
        for (Thread each : working) {
            each.join();
        }
    }

    @Test
    void aLeaderSaysForWhomItHasWaited() throws IOException {
        InetSocketAddress address = freeAddress();
        assertThatThrownBy(() -> lead(address, Duration.ofMillis(50)))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("for 1 workers, found 0")
                .hasMessageContaining("worker --join");
        // Nothing of it is left.
        assertThatThrownBy(() -> lead(address, Duration.ofMillis(50))).isInstanceOf(ClusterException.class);
    }

    @Test
    void aWorkerWithAnotherSecretNeverJoins() throws Exception {
        InetSocketAddress address = freeAddress();
        List<String> stages = new ArrayList<>();
        EndpointConfig stranger =
                EndpointConfig.loopback("another secret than theirs".getBytes(StandardCharsets.US_ASCII));
        ProgressListener progress = (stage, done, total) -> stages.add(stage);
        CompletableFuture<Void> working;
        try (Worker worker = Ryzanstein.openWorker(new WorkerOptions(
                address, stranger, Optional.empty(), Optional.of("scalar"), 1, 1, 0, Optional.empty(), progress))) {
            working = CompletableFuture.runAsync(worker::run);
            assertThatThrownBy(() -> lead(address, Duration.ofSeconds(1))).isInstanceOf(ClusterException.class);
            assertThat(working.isDone()).isFalse();
        }
        working.get(60, TimeUnit.SECONDS);
        assertThat(stages).isEmpty();
    }
}
