package org.ryzanstein.server.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.cluster.ClusterOptions;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.cluster.Worker;
import org.ryzanstein.loader.cluster.WorkerOptions;
import org.ryzanstein.loader.engine.EngineOptions;
import org.ryzanstein.loader.progress.ProgressListener;

class RankSuiteTest {
    private static final byte[] SECRET = "a secret for tests only".getBytes(StandardCharsets.US_ASCII);

    /** Ranks that are threads of this process. */
    private static EngineOptions over(EngineOptions options, int ranks, Optional<ShardPlan> plan) {
        ClusterOptions.Launcher launcher = (leader, count, onEnd) -> {
            List<Worker> workers = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Worker worker = Ryzanstein.openWorker(new WorkerOptions(
                        leader,
                        EndpointConfig.loopback(SECRET),
                        Optional.empty(),
                        Optional.of("scalar"),
                        1,
                        8,
                        0,
                        Optional.empty(),
                        ProgressListener.NONE));
                Thread.ofPlatform().daemon().start(worker::run);
                workers.add(worker);
            }
            return () -> workers.forEach(Worker::close);
        };
        return options.withCluster(new ClusterOptions(
                EndpointConfig.loopback(SECRET), ranks, plan, Optional.of(launcher), Duration.ofSeconds(60), 8));
    }

    private static BenchOptions options(List<Integer> prompt, List<Integer> gen) {
        return new BenchOptions(
                Optional.empty(), Set.of(Suite.RANKS), prompt, gen, List.of(1), List.of("scalar"), 1, 0);
    }

    private static org.ryzanstein.server.bench.Worker worker() {
        return new LocalWorker(Ryzanstein::open, RankSuiteTest::over);
    }

    @Test
    void measuresRanksAgainstOneProcess() {
        RankOptions ranks = new RankOptions(List.of(2), List.of(ShardPlan.ALL_SPLIT), List.of(0, 200));
        List<String> progress = new ArrayList<>();
        ObjectNode report = new Bench(
                        options(List.of(4), List.of(3)), ranks, RankSuiteTest::worker, List.of(), progress::add)
                .run()
                .json();
        List<JsonNode> results = StreamSupport.stream(report.path("results").spliterator(), false)
                .toList();
        assertThat(results).hasSize(4).allSatisfy(result -> {
            assertThat(result.path("ranks").asInt()).isEqualTo(2);
            assertThat(result.path("plan").asText()).isEqualTo("all-split");
            assertThat(result.path("speedup").asDouble()).isPositive();
            assertThat(result.path("exchange_share").asDouble()).isBetween(0.0, 1.0);
            assertThat(result.path("packed_shares")).hasSize(2);
            assertThat(result.path("packed_share_limit").asDouble()).isEqualTo(0.65);
        });
        assertThat(results.subList(0, 2)).allSatisfy(result -> {
            assertThat(result.path("side_by_side_tokens_per_second")
                            .path("median")
                            .asDouble())
                    .isPositive();
            assertThat(result.path("side_by_side_speedup").asDouble()).isPositive();
        });
        assertThat(results.subList(2, 4))
                .noneSatisfy(
                        result -> assertThat(result.has("side_by_side_speedup")).isTrue());
        JsonNode decode = results.get(1);
        int layers = ScalingForecast.shapeOf(Optional.empty()).layers();
        assertThat(decode.path("test").asText()).isEqualTo("tg3");
        assertThat(decode.path("operations_per_step").asDouble()).isGreaterThanOrEqualTo(4.0 * layers);
        assertThat(decode.path("predicted_speedup").asDouble()).isPositive();
        assertThat(results.get(3).path("added_latency_us").asInt()).isEqualTo(200);
        // Of the four exchanges a layer, some find their message there where ranks are not in step.
        assertThat(results.get(3).path("exchange_ms_per_step").asDouble()).isGreaterThan(0.2 * layers);
        assertThat(report.path("bandwidth").path("measurements"))
                .isNotEmpty()
                .allSatisfy(
                        one -> assertThat(one.path("line_trip_ns").path("min").asDouble() > 0)
                                .isEqualTo(one.path("threads").asInt() > 1));
        assertThat(progress).contains("loading 2 ranks of 1 thread, all-split, 200 us added");

        String table = ResultTable.of(report);
        assertThat(table)
                .contains("| speed-up | side by side |", "(200 added)", "| 100 GbE, kernel TCP |", "any gain")
                .doesNotContain("B alloc/token");
    }

    @Test
    void dividesTheProcessorsAmongRanks() {
        RankOptions ranks = new RankOptions(List.of(1, 2, 4), List.of(), List.of(0, 100));
        assertThat(ranks.cases(Optional.empty(), 8))
                .extracting(RankCase::describe)
                .containsExactly(
                        "1 rank of 8 threads",
                        "2 ranks of 4 threads",
                        "2 ranks of 4 threads, 100 us added",
                        "4 ranks of 2 threads",
                        "4 ranks of 4 threads, oversubscribed");
        assertThat(ranks.cases(Optional.empty(), 2))
                .extracting(RankCase::describe)
                .containsExactly(
                        "1 rank of 2 threads",
                        "2 ranks of 1 thread",
                        "2 ranks of 1 thread, 100 us added",
                        "4 ranks of 1 thread, oversubscribed");
        assertThat(new RankOptions(List.of(2), List.of(ShardPlan.values()), List.of()).cases(Optional.of(1), 2))
                .extracting(RankCase::describe)
                .containsExactly(
                        "2 ranks of 1 thread, all-split",
                        "2 ranks of 1 thread, output-replicated",
                        "2 ranks of 1 thread, attention-replicated");
    }

    @Test
    void refusesWhatCanNotBeMeasured() {
        assertThatThrownBy(() -> new RankOptions(List.of(65), List.of(), List.of()))
                .hasMessage("ranks: found 65, expected 1 to 64");
        assertThatThrownBy(() -> new RankOptions(List.of(2), List.of(), List.of(-1)))
                .hasMessage("added-latency: found -1 us, expected 0 to 500000");
        RankOptions alone = new RankOptions(List.of(1), List.of(), List.of());
        assertThatThrownBy(() -> suite(options(List.of(2), List.of()), alone).run())
                .hasMessageStartingWith("nothing to compare");
        assertThatThrownBy(() -> suite(options(List.of(0), List.of(0)), alone).run())
                .hasMessageStartingWith("no tests");
        assertThatThrownBy(() -> RankStarter.NONE.over(EngineOptions.defaults(), 2, Optional.empty()))
                .hasMessage("ranks can't be started here");
    }

    private static RankSuite suite(BenchOptions options, RankOptions ranks) {
        return new RankSuite(options, ranks, RankSuiteTest::worker, message -> {});
    }

    @Test
    void aRelayDelaysBothDirectionsAndPassesTheEndOn() throws IOException {
        int micros = 20_000;
        try (ServerSocket echo = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                DelayingRelay relay =
                        new DelayingRelay(new InetSocketAddress(echo.getInetAddress(), echo.getLocalPort()), micros)) {
            Thread.ofVirtual().start(() -> {
                try (Socket socket = echo.accept()) {
                    socket.getInputStream().transferTo(socket.getOutputStream());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            try (Socket socket =
                    new Socket(relay.address().getAddress(), relay.address().getPort())) {
                long start = System.nanoTime();
                socket.getOutputStream().write(new byte[] {7, 8});
                assertThat(socket.getInputStream().readNBytes(2)).containsExactly(7, 8);
                assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(2L * micros * 1000L);
                socket.shutdownOutput();
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void aRelayClosesConnectionsToNobody() throws IOException {
        int unused;
        try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            unused = gone.getLocalPort();
        }
        try (DelayingRelay relay =
                        new DelayingRelay(new InetSocketAddress(InetAddress.getLoopbackAddress(), unused), 1);
                Socket socket =
                        new Socket(relay.address().getAddress(), relay.address().getPort())) {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }
}
