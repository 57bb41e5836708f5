package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Measures in a process of its own, one JSON object a line in each direction. */
public final class ChildWorker implements Worker {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final long END_SECONDS = 10;

    private final Path log;
    private final Process process;
    private final BufferedWriter requests;
    private final BufferedReader answers;

    private ChildWorker(Path log, Process process) {
        this.log = log;
        this.process = process;
        this.requests = process.outputWriter(StandardCharsets.UTF_8);
        this.answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Starts a process that serves requests by {@link WorkerLoop} or otherwise alike. */
    public static ChildWorker start(List<String> command) {
        try {
            Path log = Files.createTempFile("ryzanstein-bench-", ".log");
            log.toFile().deleteOnExit();
            return new ChildWorker(
                    log, new ProcessBuilder(command).redirectError(log.toFile()).start());
        } catch (IOException e) {
            throw new UncheckedIOException("can't start " + command.getFirst(), e);
        }
    }

    @Override
    public ObjectNode ask(ObjectNode request) {
        try {
            requests.write(MAPPER.writeValueAsString(request));
            requests.newLine();
            requests.flush();
            String line = answers.readLine();
            if (line != null && MAPPER.readTree(line) instanceof ObjectNode answer) {
                return answer;
            }
            throw ended(request);
        } catch (IOException e) {
            BenchException failure = ended(request);
            failure.addSuppressed(e);
            throw failure;
        }
    }

    private BenchException ended(ObjectNode request) {
        int code = end();
        return new BenchException(
                "the worker process ended with exit code " + code + " at " + request + ": " + tail(), code);
    }

    /** What it said last; its own message is the last line. */
    private String tail() {
        try {
            List<String> lines =
                    Files.readString(log, StandardCharsets.UTF_8).lines().toList();
            return String.join(System.lineSeparator(), lines.subList(Math.max(0, lines.size() - 10), lines.size()));
        } catch (IOException e) {
            return "(its messages can't be read: " + e.getMessage() + ")";
        }
    }

    private int end() {
        try {
            requests.close();
        } catch (IOException e) {
            // It is gone already.
        }
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            return -1;
        }
    }

    @Override
    public void close() {
        end();
        try {
            Files.deleteIfExists(log);
        } catch (IOException e) {
            throw new UncheckedIOException("can't delete " + log, e);
        }
    }
}
