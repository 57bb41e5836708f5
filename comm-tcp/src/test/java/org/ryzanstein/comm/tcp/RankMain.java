package org.ryzanstein.comm.tcp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.comm.OperationStatistics;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.comm.Rendezvous;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;

/**
 * A rank that is a process of its own, told what to do line by line: {@code join RANK EPOCH THREADS DEADLINE_MILLIS
 * HOST:PORT...}, {@code reduce COUNT DEADLINE_MILLIS}, {@code loop COUNT ROUNDS} (reduces again and again), {@code bench
 * OPERATION BYTES ROUNDS}, {@code describe}, {@code failure}, {@code resources}, {@code mapped}, {@code leave}. It answers each by a line. It
 * listens at the address in the system property {@code listen}, on the loopback interface without it.
 */
final class RankMain {
    /** System property: the folder for shared memory. */
    static final String FOLDER = "shared.folder";

    /** Of a 2B model's residual stream. */
    private static final int SCATTERED_COLUMNS = 2560;

    private final TcpEndpoint endpoint = TcpEndpoint.bind(
            config(),
            new SharedMemory(
                    Path.of(System.getProperty(FOLDER, SharedMemory.FOLDER.toString())),
                    System.getProperty(SharedMemory.PROPERTY)));
    private final PrintStream out;
    private @Nullable Communicator communicator;

    private RankMain(PrintStream out) {
        this.out = out;
    }

    private static EndpointConfig config() {
        String listen = System.getProperty("listen");
        EndpointConfig config = listen == null
                ? EndpointConfig.loopback(TcpRanks.SECRET)
                : EndpointConfig.at(new InetSocketAddress(listen, 0), TcpRanks.SECRET);
        String certificates = System.getProperty("ryzanstein.tcp.test.certificates");
        return certificates == null
                ? config
                : config.withTls(Certificates.in(Path.of(certificates), Certificates.HOST));
    }

    public static void main(String[] arguments) throws IOException {
        RankMain rank = new RankMain(new PrintStream(System.out, true, StandardCharsets.UTF_8));
        rank.out.println(rank.endpoint.address().getPort());
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                rank.answer(line.split(" "));
            }
        }
    }

    private void answer(String[] words) throws IOException {
        long start = System.nanoTime();
        try {
            out.println("ok " + act(words));
        } catch (CommunicationException e) {
            out.println("failed " + e.kind() + " " + e.rank() + " " + (System.nanoTime() - start) / 1_000_000 + " "
                    + e.getMessage());
        }
    }

    private Communicator group() {
        return Objects.requireNonNull(communicator, "not joined");
    }

    private String act(String[] words) throws IOException {
        return switch (words[0]) {
            case "join" -> join(words);
            case "reduce" -> reduce(Integer.parseInt(words[1]), Duration.ofMillis(Long.parseLong(words[2])));
            case "loop" -> loop(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
            case "resources" -> resources();
            case "mapped" -> mapped();
            case "bench" -> bench(words[1], Integer.parseInt(words[2]) / ElementType.BYTES, Integer.parseInt(words[3]));
            case "describe" -> group().describe();
            case "failure" -> String.valueOf(group().failure().orElse(null)) + " " + group().deadRanks();
            case "leave" -> {
                group().close();
                yield "";
            }
            default -> throw new IllegalArgumentException(String.join(" ", words));
        };
    }

    private String join(String[] words) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (String address : Arrays.asList(words).subList(5, words.length)) {
            int colon = address.lastIndexOf(':');
            addresses.add(
                    new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))));
        }
        if (communicator != null) {
            communicator.close();
        }
        communicator = endpoint.join(new Rendezvous(Integer.parseInt(words[1]), addresses, Long.parseLong(words[2]))
                .withThreads(Integer.parseInt(words[3]))
                .withDeadline(Duration.ofMillis(Long.parseLong(words[4]))));
        return communicator.describe();
    }

    private String loop(int count, int rounds) {
        String result = "";
        for (int round = 0; round < rounds && !result.startsWith("element"); round++) {
            result = reduce(count, Duration.ofSeconds(60));
        }
        return result;
    }

    /** In how many places files of shared memory are mapped. */
    private static String mapped() throws IOException {
        try (Stream<String> places = Files.lines(Path.of("/proc/self/maps"))) {
            return Long.toString(
                    places.filter(place -> place.contains("/ryzanstein-")).count());
        }
    }

    /** Bytes of the heap that are used, open files, platform threads. */
    private String resources() throws IOException {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"));
                Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            return least + " " + files.count() + " " + threads.count() + " " + endpoint.refused();
        }
    }

    /** The sum over all ranks of i * (rank + 1), or what element was wrong. */
    private String reduce(int count, Duration deadline) {
        int[] values = new int[count];
        for (int i = 0; i < count; i++) {
            values[i] = i * (group().rank() + 1);
        }
        group().setDeadline(deadline);
        group().allReduce(HostMemory.of(values), count, ReduceOperation.SUM, HostQueue.INSTANCE)
                .await();
        int all = group().worldSize() * (group().worldSize() + 1) / 2;
        for (int i = 0; i < count; i++) {
            if (values[i] != i * all) {
                return "element " + i + " is " + values[i];
            }
        }
        return "sum";
    }

    /** Bytes that this thread has allocated. */
    static long allocated() {
        // By reflection, so that the module needs no jdk.management.
        try {
            Object threads = Class.forName("java.lang.management.ManagementFactory")
                    .getMethod("getThreadMXBean")
                    .invoke(null);
            return (long) Class.forName("com.sun.management.ThreadMXBean")
                    .getMethod("getCurrentThreadAllocatedBytes")
                    .invoke(threads);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private String bench(String operation, int count, int rounds) {
        Runnable round = round(operation, count);
        for (int i = 0; i < Math.clamp(rounds, 500, 20_000); i++) {
            round.run();
        }
        group().barrier();
        group().resetStatistics();
        long allocated = -allocated();
        for (int i = 0; i < rounds; i++) {
            round.run();
        }
        allocated += allocated();
        OperationStatistics s = group().statistics().getFirst();
        return String.format(
                Locale.ROOT,
                "%-14s %7d bytes  %8.0f on the wire  %6.0f allocated  %6d rounds  min %6.2f  median %6.2f  p95 %6.2f  p99 %7.2f  max %9.2f us",
                operation,
                count * ElementType.BYTES,
                (double) s.wireBytes() / s.count(),
                (double) allocated / s.count(),
                s.count(),
                s.minNanos() / 1e3,
                s.medianNanos() / 1e3,
                s.p95Nanos() / 1e3,
                s.p99Nanos() / 1e3,
                s.maxNanos() / 1e3);
    }

    /** Sums of which some in each block of 512 take more than 16 bits. */
    private Runnable wide(HostMemory own, int count) {
        Communicator group = group();
        return () -> {
            for (int i = 0; i < count; i += 512) {
                own.memory().setAtIndex(ValueLayout.JAVA_INT, i, 1 << 20);
            }
            group.allReduce(own, count, ReduceOperation.SUM, HostQueue.INSTANCE).await();
        };
    }

    /** Each rank gets its columns of rows of {@value #SCATTERED_COLUMNS}. */
    private Runnable scatter(HostMemory own, int count) {
        Communicator group = group();
        int rows = count / SCATTERED_COLUMNS;
        HostMemory sums =
                HostMemory.matrix(own.memory(), ElementType.INT32, rows, SCATTERED_COLUMNS, SCATTERED_COLUMNS);
        int[] columns = new int[group.worldSize()];
        Arrays.setAll(
                columns,
                rank -> (rank + 1) * SCATTERED_COLUMNS / columns.length - rank * SCATTERED_COLUMNS / columns.length);
        Buffer part = sums.slice(group.rank() * SCATTERED_COLUMNS / columns.length, columns[group.rank()]);
        return () -> group.reduceScatter(sums, part, columns, rows, ReduceOperation.SUM, HostQueue.INSTANCE)
                .await();
    }

    private Runnable round(String operation, int count) {
        Communicator group = group();
        int size = group.worldSize();
        int[] columns = new int[size];
        Arrays.fill(columns, count);
        HostMemory own = HostMemory.of(new int[count]);
        HostMemory row = HostMemory.matrix(own.memory(), ElementType.INT32, 1, count, count);
        HostMemory all = HostMemory.matrix(
                MemorySegment.ofArray(new int[count * size]), ElementType.INT32, 1, count * size, count * size);
        return switch (operation) {
            case "exchange" ->
                () -> group.allGather(row, all, columns, 1, HostQueue.INSTANCE).await();
            case "allreduce" ->
                () -> group.allReduce(own, count, ReduceOperation.SUM, HostQueue.INSTANCE)
                        .await();
            case "allreduce-wide" -> wide(own, count);
            case "reduce-scatter" -> scatter(own, count);
            case "broadcast" ->
                () -> group.broadcast(own, count, 0, HostQueue.INSTANCE).await();
            case "barrier" -> () -> group.barrier(HostQueue.INSTANCE).await();
            default -> throw new IllegalArgumentException(operation);
        };
    }
}
