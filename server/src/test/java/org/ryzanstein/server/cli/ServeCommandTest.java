package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.server.fake.FakeEngine;
import org.ryzanstein.server.logging.LazyLoggerFinder;
import picocli.CommandLine;

@Timeout(60)
class ServeCommandTest {
    @AfterEach
    void restoreTheLogLevel() {
        System.clearProperty(LazyLoggerFinder.LEVEL_PROPERTY);
    }

    @Test
    void servesUntilItIsToldToStop() throws Exception {
        FakeEngine engine = new FakeEngine();
        Cli cli = new Cli().with(engine);
        BlockingQueue<Runnable> stop = new ArrayBlockingQueue<>(1);
        ServeCommand command = new ServeCommand(cli.environment(), stop::add);
        CompletableFuture<Integer> code =
                CompletableFuture.supplyAsync(() -> new CommandLine(command, new CommandFactory(cli.environment()))
                        .execute("--port", "0", "--threads", "1"));

        Runnable stopper = stop.take();
        while (!cli.out().contains(System.lineSeparator())) {
            Thread.onSpinWait();
        }
        URI uri = URI.create(cli.out().strip());
        assertThat(uri.toString()).startsWith("http://127.0.0.1:");
        HttpURLConnection connection =
                (HttpURLConnection) uri.resolve("/health/ready").toURL().openConnection();
        assertThat(connection.getResponseCode()).isEqualTo(200);
        connection.disconnect();

        stopper.run();
        assertThat(code.get(30, TimeUnit.SECONDS)).isEqualTo(0);
        assertThat(engine.isClosed()).isTrue();
        assertThat(cli.err()).contains("loading the model", "backend fake-backend", "stopping");
    }

    @Test
    void endsWhenItIsToldToWhileItWaitsForWorkers() throws Exception {
        CountDownLatch waiting = new CountDownLatch(1);
        Cli cli = new Cli().opening(options -> {
            waiting.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new ClusterException("interrupted while waiting for workers");
        });
        BlockingQueue<Runnable> stop = new ArrayBlockingQueue<>(1);
        ServeCommand command = new ServeCommand(cli.environment(), stop::add);
        CompletableFuture<Integer> code =
                CompletableFuture.supplyAsync(() -> new CommandLine(command, new CommandFactory(cli.environment()))
                        .setExecutionExceptionHandler((failure, line, result) -> ExitCode.FAILED)
                        .execute("--port", "0", "--threads", "1"));

        Runnable stopper = stop.take();
        waiting.await();
        stopper.run();
        assertThat(code.get(30, TimeUnit.SECONDS)).isEqualTo(ExitCode.FAILED);
        assertThat(cli.out()).isEmpty();
    }

    @Test
    void endsIfTheModelIsRefused() {
        Cli cli = new Cli().opening(options -> {
            throw new ModelFormatException("a.gguf: damaged");
        });
        assertThat(cli.run("serve", "--port", "0", "--host", "0.0.0.0")).isEqualTo(3);
        assertThat(cli.out()).isEmpty();
        assertThat(cli.err()).contains("a.gguf: damaged", "no authentication");
    }

    @Test
    void endsIfThePortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            Cli cli = new Cli();
            assertThat(cli.run("serve", "--port", Integer.toString(taken.getLocalPort())))
                    .isEqualTo(1);
            assertThat(cli.err()).contains("can't listen on 127.0.0.1:" + taken.getLocalPort());
        }
    }
}
