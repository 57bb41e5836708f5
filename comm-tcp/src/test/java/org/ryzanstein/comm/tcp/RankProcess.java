package org.ryzanstein.comm.tcp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.ryzanstein.api.comm.Communicator;

/** A {@link RankMain} in a process of its own. */
final class RankProcess implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final Writer orders;
    private final int port;

    private RankProcess(List<String> options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        String everywhere = System.getProperty("test.jvm", "").strip();
        if (!everywhere.isEmpty()) {
            command.addAll(List.of(everywhere.split("\\s+")));
        }
        command.addAll(options);
        command.addAll(List.of("-cp", classPath(), RankMain.class.getName()));
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        orders = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
        port = Integer.parseInt(answer());
    }

    /** Starts ranks that know each other. */
    static List<RankProcess> group(int size, int threads, String... options) {
        List<RankProcess> ranks = new ArrayList<>();
        for (int rank = 0; rank < size; rank++) {
            ranks.add(new RankProcess(List.of(options)));
        }
        join(ranks, 1, threads);
        return ranks;
    }

    static List<String> join(List<RankProcess> ranks, long epoch, int threads) {
        String ports = ranks.stream().map(rank -> Integer.toString(rank.port)).collect(Collectors.joining(" "));
        IntStream.range(0, ranks.size())
                .forEach(rank -> ranks.get(rank).order("join " + rank + " " + epoch + " " + threads + " " + ports));
        return ranks.stream().map(RankProcess::answer).toList();
    }

    private static String classPath() {
        return List.of(RankMain.class, TcpEndpoint.class, Communicator.class).stream()
                .map(RankProcess::place)
                .distinct()
                .collect(Collectors.joining(java.io.File.pathSeparator));
    }

    /** The folder or jar that a class was loaded from, also where the test's module is patched. */
    private static String place(Class<?> type) {
        String file = "/" + type.getName().replace('.', '/') + ".class";
        String url = Objects.requireNonNull(type.getResource(file)).toString();
        String root = url.substring(0, url.length() - file.length());
        if (root.startsWith("jar:")) {
            root = root.substring("jar:".length(), root.length() - "!".length());
        }
        return Path.of(URI.create(root)).toString();
    }

    void order(String line) {
        try {
            orders.write(line + "\n");
            orders.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String answer() {
        try {
            return Objects.requireNonNull(answers.readLine(), "the rank has ended");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String ask(String line) {
        order(line);
        return answer();
    }

    /** Sends a signal by its name, such as STOP. */
    void signal(String name) {
        try {
            int status = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new IllegalStateException("kill -" + name + " has ended with " + status);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
