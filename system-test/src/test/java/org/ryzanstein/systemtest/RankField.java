package org.ryzanstein.systemtest;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** A server that leads worker processes which a test starts, kills and stops. */
final class RankField implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 90;
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    static final String SECRET = "0123456789abcdef0123456789abcdef";

    private final Path scratch;
    private final Path model;
    private final Path leaderFile;
    private final Path workerFile;
    private final int port;
    private final List<WorkerProcess> workers = new ArrayList<>();
    private final Set<Long> stopped = new HashSet<>();
    private @Nullable ServerProcess server;
    private @Nullable ChatStream client;

    private RankField(Path scratch, Path model, int port) throws IOException {
        this.scratch = scratch;
        this.model = model;
        this.port = port;
        leaderFile = clusterFile(scratch, "listen = 127.0.0.1:" + port, SECRET);
        workerFile = clusterFile(scratch, "", SECRET);
    }

    /** Starts a server and as many workers as it waits for. */
    static RankField start(Path scratch, Path model, int ranks) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        RankField field = new RankField(scratch, model, port);
        try {
            for (int i = 1; i < ranks; i++) {
                field.addWorker();
            }
            field.lead(ranks);
            return field;
        } catch (IOException | RuntimeException e) {
            field.close();
            throw e;
        }
    }

    static Path clusterFile(Path scratch, String line, String secret) throws IOException {
        Path file = Files.createTempFile(scratch, "cluster", ".properties");
        return Files.writeString(file, line + "\nsecret = " + secret + "\n");
    }

    /** Starts the server, which waits for so many ranks. */
    void lead(int ranks) throws IOException {
        server = ServerProcess.start(
                scratch,
                "--model",
                model.toString(),
                "--threads",
                "1",
                "--cluster",
                leaderFile.toString(),
                "--ranks",
                Integer.toString(ranks));
        client = new ChatStream(server.uri());
    }

    /** Ends the server as a crash would. */
    void killLeader() throws InterruptedException {
        server().kill();
    }

    ServerProcess server() {
        return Objects.requireNonNull(server);
    }

    ChatStream client() {
        return Objects.requireNonNull(client);
    }

    int port() {
        return port;
    }

    List<WorkerProcess> workers() {
        return workers;
    }

    /** One more worker, which takes its time to join. */
    void addWorker() throws IOException {
        workers.add(WorkerProcess.start(scratch, port, workerFile, model));
    }

    /** A worker with a secret or a model of its own. */
    WorkerProcess stranger(String secret, Path otherModel) throws IOException {
        return WorkerProcess.start(scratch, port, clusterFile(scratch, "", secret), otherModel);
    }

    /** Processes of the ranks behind the leader. */
    List<Long> ranks() throws IOException, InterruptedException {
        return workersOf(client().cluster());
    }

    private static List<Long> workersOf(JsonNode cluster) {
        return StreamSupport.stream(cluster.path("ranks").spliterator(), false)
                .skip(1)
                .map(rank -> rank.path("process_id").asLong())
                .toList();
    }

    void send(Signal signal, long process) {
        signal.send(process);
        if (signal == Signal.STOP) {
            stopped.add(process);
        }
    }

    /** Lets those go on that are stopped. */
    void continueAll() {
        stopped.forEach(Signal.CONTINUE::send);
        stopped.clear();
    }

    /** Ends those that are stopped, without another word from them, and waits for their end. */
    void killStopped() {
        workers.stream().filter(worker -> stopped.contains(worker.id())).forEach(WorkerProcess::close);
        stopped.clear();
    }

    /** Starts as many workers as are missing, or ends as many as there are too many, and waits for the group of the others. */
    void have(int ranks) throws IOException, InterruptedException {
        workers.removeIf(worker -> !worker.isAlive());
        while (workers.size() >= ranks) {
            workers.removeLast().close();
        }
        while (workers.size() < ranks - 1) {
            addWorker();
        }
        // The leader's table may still have one that has just ended.
        Set<Long> wanted = workers.stream().map(WorkerProcess::id).collect(Collectors.toSet());
        awaitCluster(cluster -> wanted.equals(Set.copyOf(workersOf(cluster)))
                && cluster.path("spares").isEmpty());
    }

    /** Waits for a state of the group. */
    JsonNode awaitCluster(int ranks, int spares) throws IOException, InterruptedException {
        return awaitCluster(cluster -> cluster.path("world_size").asInt() == ranks
                && cluster.path("spares").size() == spares);
    }

    private JsonNode awaitCluster(Predicate<JsonNode> condition) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            JsonNode cluster = client().cluster();
            if (condition.test(cluster)) {
                return cluster;
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("waited too long: " + cluster + "; " + server().log());
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** Waits until so many live, whether they compute or stand by. */
    void awaitLive(int count) throws IOException, InterruptedException {
        awaitCluster(cluster ->
                cluster.path("world_size").asInt() + cluster.path("spares").size() == count);
    }

    @Override
    public void close() {
        killStopped();
        if (server != null) {
            server.close();
        }
        workers.forEach(WorkerProcess::close);
    }
}
