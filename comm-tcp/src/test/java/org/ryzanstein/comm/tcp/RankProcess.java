package org.ryzanstein.comm.tcp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetSocketAddress;
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
    /** Option that is none of the JVM's: compile with C2 too, which a test has no use for. */
    static final String FULL_SPEED = "full-speed";

    private static final String LOOPBACK = "127.0.0.1";

    private final String host;
    private final Process process;
    private final BufferedReader answers;
    private final Writer orders;
    private final int port;

    /**
     * Starts a process.
     *
     * @param prefix command that runs it, such as {@code ip netns exec NAME}
     * @param host by which the others reach it
     */
    RankProcess(List<String> prefix, String host, List<String> options) {
        this.host = host;
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:TieredStopAtLevel=" + (options.contains(FULL_SPEED) ? 4 : 1));
        String everywhere = System.getProperty("test.jvm", "").strip();
        if (!everywhere.isEmpty()) {
            command.addAll(List.of(everywhere.split("\\s+")));
        }
        options.stream().filter(option -> !option.equals(FULL_SPEED)).forEach(command::add);
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

    /** Starts a process on the loopback interface. */
    static RankProcess start(String... options) {
        return new RankProcess(List.of(), LOOPBACK, List.of(options));
    }

    /** Starts ranks that know each other. */
    static List<RankProcess> group(int size, int threads, String... options) {
        List<RankProcess> ranks = new ArrayList<>();
        for (int rank = 0; rank < size; rank++) {
            ranks.add(start(options));
        }
        join(ranks, 1, threads);
        return ranks;
    }

    /** Where the others reach it. */
    InetSocketAddress address() {
        return new InetSocketAddress(host, port);
    }

    static List<String> join(List<RankProcess> ranks, long epoch, int threads) {
        return join(ranks, ranks.stream().map(RankProcess::address).toList(), epoch, threads, 30_000);
    }

    /** Joins, with addresses that need not be those of the ranks themselves. */
    static List<String> join(
            List<RankProcess> ranks, List<InetSocketAddress> addresses, long epoch, int threads, int deadlineMillis) {
        String all = addresses.stream()
                .map(address -> address.getHostString() + ":" + address.getPort())
                .collect(Collectors.joining(" "));
        IntStream.range(0, ranks.size())
                .forEach(rank -> ranks.get(rank)
                        .order("join " + rank + " " + epoch + " " + threads + " " + deadlineMillis + " " + all));
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
