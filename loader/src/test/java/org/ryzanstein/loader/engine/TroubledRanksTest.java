package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.cluster.ClusterOptions;
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
                address,
                stranger,
                Optional.empty(),
                Optional.of("scalar"),
                1,
                1,
                0,
                Optional.empty(),
                false,
                progress))) {
            working = CompletableFuture.runAsync(worker::run);
            assertThatThrownBy(() -> lead(address, Duration.ofSeconds(1))).isInstanceOf(ClusterException.class);
            assertThat(working.isDone()).isFalse();
        }
        working.get(60, TimeUnit.SECONDS);
        assertThat(stages).isEmpty();
    }
}
