package org.ryzanstein.systemtest;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** {@code ryzanstein serve} as it is distributed, in a process of its own, until it is closed. */
final class ServerProcess implements AutoCloseable {
    private static final String MAIN = "org.ryzanstein.server/org.ryzanstein.server.cli.Main";
    private static final int STOP_SECONDS = 60;

    private final Process process;
    private final Path log;
    private final URI uri;

    private ServerProcess(Process process, Path log, URI uri) {
        this.process = process;
        this.log = log;
        this.uri = uri;
    }

    /** Starts a server on a free port and waits until the model is ready. */
    static ServerProcess start(Path scratch, String... arguments) throws IOException {
        return begin(scratch, arguments).get();
    }

    /** Starts a server; what it returns waits until the model is ready. */
    static Starting begin(Path scratch, String... arguments) throws IOException {
        List<String> command = Tools.javaCommand();
        command.addAll(List.of("-p", Distribution.lib().toString(), "-m", MAIN, "serve", "--port", "0"));
        command.addAll(List.of(arguments));
        Path log = Files.createTempFile(scratch, "server", ".txt");
        Process process =
                new ProcessBuilder(command).redirectError(log.toFile()).start();
        process.getOutputStream().close();
        return () -> {
            // The URL is printed when the model is ready; a server that ends before closes its output.
            BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
            String line = out.readLine();
            if (line == null) {
                process.destroyForcibly();
                throw new IllegalStateException("the server ended at its start: " + Files.readString(log));
            }
            return new ServerProcess(process, log, URI.create(line));
        };
    }

    /** A server that has been started. */
    @FunctionalInterface
    interface Starting {
        ServerProcess get() throws IOException;
    }

    URI uri() {
        return uri;
    }

    long id() {
        return process.pid();
    }

    /** Ends it without a word, as a crash would. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Files and connections that it has open; 0 where the system does not tell. */
    long openFiles() throws IOException {
        Path all = Path.of("/proc", Long.toString(process.pid()), "fd");
        if (!Files.isDirectory(all)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(all)) {
            return files.count();
        }
    }

    /** What the server has logged so far. */
    String log() throws IOException {
        return Files.readString(log);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("the server did not stop within " + STOP_SECONDS + " seconds");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
