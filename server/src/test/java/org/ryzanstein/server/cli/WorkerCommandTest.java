package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.cluster.ClusterOptions;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.EngineOptions;
import org.ryzanstein.server.fake.FakeEngine;
import org.ryzanstein.server.logging.LazyLoggerFinder;

@Timeout(120)
class WorkerCommandTest {
    private static final byte[] SECRET = "a secret for tests only".getBytes(StandardCharsets.US_ASCII);
    private static final String SECRET_LINE = HexFormat.of().formatHex(SECRET) + "\n";

    @TempDir
    Path folder;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @AfterEach
    void restoreTheLogLevel() {
        System.clearProperty(LazyLoggerFinder.LEVEL_PROPERTY);
    }

    /** A worker whose input is the other end of a pipe. */
    private CompletableFuture<Integer> start(PipedOutputStream input, String... arguments) throws IOException {
        PrintStream output = new PrintStream(err, true, StandardCharsets.UTF_8);
        CliEnvironment environment = new CliEnvironment(
                new PipedInputStream(input),
                output,
                output,
                CliEnvironment.Terminals.NONE,
                false,
                options -> new FakeEngine());
        return CompletableFuture.supplyAsync(() -> Main.run(environment, arguments));
    }

    private String said() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static String freeAddress() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return "127.0.0.1:" + free.getLocalPort();
        }
    }

    @Test
    void worksForALeaderAndEndsAtTheEndOfItsInput() throws Exception {
        AtomicReference<CompletableFuture<Integer>> code = new AtomicReference<>();
        PipedOutputStream input = new PipedOutputStream();
        ClusterOptions cluster = new ClusterOptions(
                EndpointConfig.loopback(SECRET),
                2,
                Optional.empty(),
                Optional.of((leader, count, onEnd) -> {
                    try {
                        code.set(start(
                                input,
                                "worker",
                                "--join",
                                leader.getAddress().getHostAddress() + ":" + leader.getPort(),
                                "--secret-from-stdin",
                                "--threads",
                                "1",
                                "--backend",
                                "scalar"));
                        input.write(SECRET_LINE.getBytes(StandardCharsets.US_ASCII));
                        input.flush();
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                    return input;
                }),
                Duration.ofSeconds(60),
                2);
        try (Engine engine = Ryzanstein.open(
                EngineOptions.defaults().withThreads(1).withBackend("scalar").withCluster(cluster))) {
            assertThat(engine.cluster().orElseThrow().worldSize()).isEqualTo(2);
            assertThat(code.get().isDone()).isFalse();
        }
        assertThat(code.get().get(60, TimeUnit.SECONDS)).isEqualTo(ExitCode.DONE);
        assertThat(said()).contains("worker at /127.0.0.1:", "joining /127.0.0.1:");
    }

    @Test
    void endsWithTheProcessThatHasStartedIt() throws Exception {
        PipedOutputStream input = new PipedOutputStream();
        CompletableFuture<Integer> code =
                start(input, "worker", "--join", freeAddress(), "--secret-from-stdin", "--threads", "1");
        input.write(SECRET_LINE.getBytes(StandardCharsets.US_ASCII));
        input.flush();
        while (!said().contains("worker at ")) {
            assertThat(code.isDone()).as(said()).isFalse();
            Thread.onSpinWait();
        }
        assertThat(code.isDone()).isFalse();
        input.close();
        assertThat(code.get(60, TimeUnit.SECONDS)).isEqualTo(ExitCode.DONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "worker|Missing required option: '--join=HOST:PORT'",
                "worker --join 127.0.0.1:1|--cluster FILE is needed",
                "worker --join nowhere|--join: found nowhere, expected HOST:PORT",
                "worker --join 127.0.0.1:0|--join: found 127.0.0.1:0, expected the port that the leader listens on",
                "worker --join 127.0.0.1:70000|--join: found 127.0.0.1:70000",
                "worker --join 127.0.0.1:1 --secret-from-stdin|expected a line of hexadecimal digits",
                "worker --join 127.0.0.1:1 --threads 0|threads"
            })
    void refusesWhatCannotBeAsWrongUsage(String arguments, String message) {
        Cli cli = new Cli().typing("no digits\n");
        assertThat(cli.run(arguments.split(" "))).isEqualTo(ExitCode.USAGE);
        assertThat(cli.err()).contains(message);
    }

    @Test
    void doesNotListenWhereItsLeaderCannotReachIt() throws IOException {
        Path file = Files.writeString(folder.resolve("cluster.properties"), "secret = 0123456789abcdef\n");
        Cli cli = new Cli();
        assertThat(cli.run("worker", "--join", "192.0.2.1:7420", "--cluster", file.toString()))
                .isEqualTo(ExitCode.FAILED);
        assertThat(cli.err()).contains("which no other machine reaches", "listen = ADDRESS:PORT", file.toString());
    }

    @Test
    void namesTheAddressThatIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Path file = Files.writeString(
                    folder.resolve("cluster.properties"),
                    "secret = 0123456789abcdef\nlisten = 127.0.0.1:" + taken.getLocalPort() + "\n");
            Cli cli = new Cli();
            assertThat(cli.run("worker", "--join", "127.0.0.1:1", "--cluster", file.toString()))
                    .isEqualTo(ExitCode.FAILED);
            assertThat(cli.err()).contains("can't listen on /127.0.0.1:" + taken.getLocalPort());
        }
    }
}
