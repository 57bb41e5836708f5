package org.ryzanstein.systemtest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code ryzanstein worker --join} as it is distributed, in a process of its own. */
final class WorkerProcess implements AutoCloseable {
    private static final String MAIN = "org.ryzanstein.server/org.ryzanstein.server.cli.Main";

    private final Process process;
    private final Path log;

    private WorkerProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** Starts one with one thread. */
    static WorkerProcess start(Path scratch, int leaderPort, Path cluster, Path model) throws IOException {
        List<String> command = Tools.javaCommand();
        command.addAll(List.of("-p", Distribution.lib().toString(), "-m", MAIN, "worker"));
        command.addAll(List.of("--join", "127.0.0.1:" + leaderPort, "--cluster", cluster.toString()));
        command.addAll(List.of("--model", model.toString(), "--threads", "1"));
        Path log = Files.createTempFile(scratch, "worker", ".txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        process.getOutputStream().close();
        return new WorkerProcess(process, log);
    }

    long id() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    /** Its exit code, when it has ended. */
    int await(long seconds) throws InterruptedException, IOException {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the worker has not ended within " + seconds + " s: " + log());
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
