package org.ryzanstein.server.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.ryzanstein.loader.cluster.ClusterOptions;

/**
 * Workers as processes of this machine, started and ended with their leader. The secret goes to their standard input, which
 * stays open as long as the leader lives: its end tells them to end.
 */
final class LocalWorkers implements ClusterOptions.Launcher {
    private static final Logger LOG = System.getLogger(LocalWorkers.class.getName());
    private static final long END_SECONDS = 5;
    private static final int TAIL_LINES = 5;

    private final byte[] secret;
    private final List<String> arguments;
    private final int threads;

    /**
     * Prepares to start them.
     *
     * @param arguments what they need to load the same model
     * @param threads compute threads of each of them, and of their leader
     */
    LocalWorkers(byte[] secret, List<String> arguments, int threads) {
        this.threads = threads;
        this.secret = secret.clone();
        this.arguments = List.copyOf(arguments);
    }

    /** A worker, its messages, and what reports an end that nobody asked for. */
    private record Started(Process process, Path log, CompletableFuture<?> watch) {}

    @Override
    public AutoCloseable launch(InetSocketAddress leader, int count, Consumer<String> onEnd) {
        List<Started> workers = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                workers.add(start(leader, i + 1, onEnd));
            }
        } catch (IOException e) {
            end(workers);
            throw new UncheckedIOException("a worker process can't be started", e);
        }
        return () -> end(workers);
    }

    private Started start(InetSocketAddress leader, int number, Consumer<String> onEnd) throws IOException {
        List<String> command = new ArrayList<>(
                List.of("worker", "--join", leader.getAddress().getHostAddress() + ":" + leader.getPort()));
        command.add("--secret-from-stdin");
        command.addAll(arguments);
        // Their leader's threads come first.
        command.addAll(List.of("--first-local-thread", Integer.toString(Math.multiplyExact(number, threads))));
        Path log = Files.createTempFile("ryzanstein-worker-", ".log");
        log.toFile().deleteOnExit();
        Process process = new ProcessBuilder(OwnCommand.with(command))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Started started =
                new Started(process, log, process.onExit().thenAccept(ended -> onEnd.accept(describe(ended, log))));
        OutputStream input = process.getOutputStream();
        input.write((HexFormat.of().formatHex(secret) + "\n").getBytes(StandardCharsets.US_ASCII));
        input.flush();
        return started;
    }

    private static String describe(Process ended, Path log) {
        String last = tail(log);
        return "worker process " + ended.pid() + " has ended with exit code " + ended.exitValue()
                + (last.isEmpty() ? ", without a message" : ": " + last);
    }

    private static String tail(Path log) {
        try {
            List<String> lines =
                    Files.readString(log, StandardCharsets.UTF_8).lines().toList();
            return String.join(
                    System.lineSeparator(), lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
        } catch (IOException e) {
            return "(its messages can't be read: " + e.getMessage() + ")";
        }
    }

    /** They end by themselves when the leader is gone; those that don't are killed. */
    private static void end(List<Started> workers) {
        for (Started worker : workers) {
            worker.watch().cancel(false);
            try {
                worker.process().getOutputStream().close();
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "worker process " + worker.process().pid() + " has ended before", e);
            }
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(END_SECONDS);
        for (Started worker : workers) {
            try {
                if (!worker.process().waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    worker.process().destroyForcibly().waitFor();
                }
                Files.deleteIfExists(worker.log());
            } catch (InterruptedException e) {
                worker.process().destroyForcibly();
                Thread.currentThread().interrupt();
            } catch (IOException e) {
                throw new UncheckedIOException("can't delete " + worker.log(), e);
            }
        }
    }
}
