package org.ryzanstein.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Real processes die while an answer is streamed: the client gets the text that one rank gives. The long form, 20 losses of each
 * kind, writes target/ranks-killed.txt (docs/test-runs).
 */
@EnabledOnOs({OS.LINUX, OS.MAC})
class RanksOverHttpTest {
    private static final int BODIES = 6;
    private static final int LONG_ROUNDS = 20;
    private static final int FIRST_EVENT = 5;
    private static final int LAST_EVENT = 40;
    private static final int ATTEMPTS = 5;
    private static final double RECOVERY_SECONDS = 9;
    /** Connections that may be on their way to be closed. */
    private static final int SOME_FILES = 12;

    @TempDir
    @SuppressWarnings("NullAway.Init") // Set by JUnit.
    private static Path scratch;

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static Path model;

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static List<String> alone;

    /** What is lost. */
    enum Kind {
        ONE_OF_FOUR(4, 1, 3, 0),
        TWO_OF_FOUR(4, 2, 2, 100),
        ONE_OF_FOUR_WITH_A_SPARE(4, 1, 4, 200),
        ONE_OF_TWO(2, 1, 1, 300);

        private final int before;
        private final int victims;
        private final int after;
        private final int firstSeed;

        Kind(int before, int victims, int after, int firstSeed) {
            this.before = before;
            this.victims = victims;
            this.after = after;
            this.firstSeed = firstSeed;
        }

        String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    @BeforeAll
    static void answerAlone() throws IOException, InterruptedException {
        model = TemplatedModel.write(scratch.resolve("templated.gguf"));
        alone = new ArrayList<>();
        try (ServerProcess server = ServerProcess.start(scratch, "--model", model.toString(), "--threads", "1")) {
            ChatStream client = new ChatStream(server.uri());
            for (int number = 0; number < BODIES; number++) {
                ChatStream.Answer answer = client.ask(ChatStream.body(number), events -> {});
                assertThat(answer.events()).isGreaterThan(2 * LAST_EVENT);
                assertThat(answer.end()).isEqualTo("length");
                alone.add(answer.text());
            }
            assertThat(client.cluster().path("world_size").asInt()).isEqualTo(1);
            assertThat(client.cluster().path("ranks")).isEmpty();
        }
    }

    /**
     * Loses ranks in the middle of an answer.
     *
     * @return what came of it; empty if the machine stood still for so long that other ranks were taken for dead, too: then the
     *     answer is right all the same, but the ranks that are left say nothing
     */
    private static Optional<String> lose(RankField field, Kind kind, Signal signal, int seed)
            throws IOException, InterruptedException {
        Random random = new Random(seed);
        int number = random.nextInt(BODIES);
        int event = FIRST_EVENT + random.nextInt(LAST_EVENT - FIRST_EVENT);
        List<Long> ranks = new ArrayList<>(field.ranks());
        Collections.shuffle(ranks, random);
        List<Long> victims = ranks.subList(0, Math.min(ranks.size(), kind.victims));
        JsonNode before = field.client().cluster();

        ChatStream.Answer answer = field.client().ask(ChatStream.body(number), events -> {
            if (events == event) {
                victims.forEach(victim -> field.send(signal, victim));
            }
        });

        JsonNode after = field.client().cluster();
        assertThat(answer.text()).as(kind + ", seed " + seed).isEqualTo(alone.get(number));
        assertThat(answer.end()).isEqualTo("length");
        List<Long> survivors = ranks.subList(victims.size(), ranks.size());
        if (before.path("world_size").asInt() != kind.before
                || ranks.size() != kind.before - 1
                || !field.ranks().containsAll(survivors)) {
            return Optional.empty();
        }
        assertThat(after.path("world_size").asInt())
                .as("%s, seed %d: %s", kind, seed, after)
                .isEqualTo(kind.after);
        int recoveries = after.path("recovery_count").asInt()
                - before.path("recovery_count").asInt();
        assertThat(recoveries).isBetween(1, kind.victims);
        List<JsonNode> all = new ArrayList<>();
        after.path("recoveries").forEach(all::add);
        List<JsonNode> latest = all.subList(all.size() - recoveries, all.size());
        assertThat(latest.getFirst().path("ranks_before").asInt()).isEqualTo(kind.before);
        assertThat(latest.getLast().path("ranks_after").asInt()).isEqualTo(kind.after);
        double seconds = 0;
        List<String> each = new ArrayList<>();
        for (JsonNode recovery : latest) {
            seconds += recovery.path("seconds").asDouble();
            each.add(String.format(Locale.ROOT, "%.2f", recovery.path("seconds").asDouble()));
        }
        // Nothing may wait for a deadline of ten seconds.
        assertThat(seconds).isLessThan(RECOVERY_SECONDS);
        return Optional.of(String.format(
                Locale.ROOT,
                "%4d  %-24s  %-4s  %5d  %d to %d  %-11s  %.2f",
                seed,
                kind.label(),
                signal,
                event,
                kind.before,
                kind.after,
                String.join(" + ", each),
                answer.longestGap()));
    }

    /** As {@link #lose}, with a worker that has joined while answers kept the group from a pause. */
    private static Optional<String> loseWithSpare(RankField field, Kind kind, Signal signal, int seed)
            throws IOException, InterruptedException {
        try (Load load = Load.start(field.client(), alone)) {
            field.addWorker();
            field.awaitLive(kind.before + 1);
            Optional<String> line = lose(field, kind, signal, seed);
            load.stop();
            return line;
        } finally {
            field.killStopped();
        }
    }

    /** Makes a group of the size that the kind wants and has it lose ranks; again if the machine stood still. */
    private static String round(RankField field, Kind kind, Signal signal, int seed)
            throws IOException, InterruptedException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            field.have(kind.before);
            Optional<String> line = kind == Kind.ONE_OF_FOUR_WITH_A_SPARE
                    ? loseWithSpare(field, kind, signal, seed)
                    : lose(field, kind, signal, seed);
            if (line.isPresent()) {
                return attempt == 0 ? line.get() : line.get() + "  after " + attempt + " disturbed";
            }
            field.continueAll();
        }
        throw new AssertionError(kind + ", seed " + seed + ": the machine stands still too often; "
                + field.server().log());
    }

    @Test
    void answersTheSameWhenWorkersThatJoinedDieAreReplacedAndComeBack() throws IOException, InterruptedException {
        try (RankField field = RankField.start(scratch, model, 4)) {
            round(field, Kind.ONE_OF_FOUR_WITH_A_SPARE, Signal.KILL, 1);
            round(field, Kind.ONE_OF_FOUR, Signal.STOP, 2);
            field.continueAll();
            field.awaitCluster(4, 0);
            round(field, Kind.TWO_OF_FOUR, Signal.STOP, 3);
            field.killStopped();
            round(field, Kind.ONE_OF_TWO, Signal.KILL, 4);
        }
    }

    @Tag("long")
    @ParameterizedTest
    @EnumSource
    void answersTheSameTwentyTimesInARow(Kind kind) throws IOException, InterruptedException {
        Path results = Path.of("target", "ranks-killed.txt");
        Files.createDirectories(results.toAbsolutePath().getParent());
        try (RankField field = RankField.start(scratch, model, kind.before)) {
            long files = 0;
            for (int i = 0; i < LONG_ROUNDS; i++) {
                int seed = kind.firstSeed + i;
                String line = round(field, kind, i % 2 == 0 ? Signal.KILL : Signal.STOP, seed);
                say(results, line);
                field.continueAll();
                if (i == 1) {
                    field.have(kind.before);
                    files = field.server().openFiles();
                }
            }
            field.have(kind.before);
            long now = field.server().openFiles();
            say(results, "open files of the leader: " + files + " after 2 rounds, " + now + " after " + LONG_ROUNDS);
            assertThat(now).isLessThanOrEqualTo(files + SOME_FILES);
        }
    }

    private static void say(Path results, String line) throws IOException {
        Files.writeString(results, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Test
    void endsItsOwnWorkersWithTheLeader() throws IOException, InterruptedException {
        ServerProcess server = ServerProcess.start(
                scratch, "--model", model.toString(), "--threads", "1", "--ranks", "3", "--plan", "all-split");
        try (server) {
            ChatStream client = new ChatStream(server.uri());
            JsonNode cluster = client.cluster();
            assertThat(cluster.path("world_size").asInt()).isEqualTo(3);
            assertThat(cluster.path("plan").asText()).isEqualTo("all-split");
            List<ProcessHandle> workers = IntStream.of(1, 2)
                    .mapToObj(rank -> ProcessHandle.of(cluster.path("ranks")
                                    .path(rank)
                                    .path("process_id")
                                    .asLong())
                            .orElseThrow())
                    .toList();
            ChatStream.Answer answer = client.ask(ChatStream.body(0), events -> {
                if (events == FIRST_EVENT) {
                    Signal.KILL.send(workers.getFirst().pid());
                }
            });
            assertThat(answer.text()).isEqualTo(alone.getFirst());
            assertThat(client.cluster().path("world_size").asInt()).isEqualTo(2);

            server.kill();
            workers.forEach(worker -> worker.onExit().join());
        }
    }

    /** A terminal's Ctrl-C goes to all processes; a leader that stands still is not gone. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void keepsItsOwnWorkersWhenTheyAreInterruptedAndWhenItStoodStill() throws IOException, InterruptedException {
        try (ServerProcess server = ServerProcess.start(
                scratch, "--model", model.toString(), "--threads", "1", "--ranks", "2", "--plan", "all-split")) {
            ChatStream client = new ChatStream(server.uri());
            ProcessHandle worker = ProcessHandle.of(client.cluster()
                            .path("ranks")
                            .path(1)
                            .path("process_id")
                            .asLong())
                    .orElseThrow();
            Signal.INTERRUPT.send(worker.pid());
            assertThat(client.ask(ChatStream.body(0), events -> {}).text()).isEqualTo(alone.getFirst());
            assertThat(client.cluster().path("recovery_count").asInt()).isZero();

            Path log = Path.of("/proc", Long.toString(worker.pid()), "fd", "1");
            Signal.STOP.send(server.id());
            try {
                // It has seen that the leader is silent, and has tried in vain to join it again.
                while (!Files.readString(log).contains("no leader at")) {
                    assertThat(worker.isAlive()).isTrue();
                    Thread.onSpinWait();
                }
            } finally {
                Signal.CONTINUE.send(server.id());
            }
            while (client.cluster().path("recovery_count").asInt() == 0
                    || client.cluster().path("world_size").asInt() < 2) {
                assertThat(worker.isAlive()).isTrue();
                Thread.onSpinWait();
            }
            assertThat(client.ask(ChatStream.body(1), events -> {}).text()).isEqualTo(alone.get(1));
        }
    }

    @Test
    void joinsTheRestartOfALeaderThatDied() throws IOException, InterruptedException {
        try (RankField field = RankField.start(scratch, model, 2)) {
            assertThat(field.client().ask(ChatStream.body(1), events -> {}).text())
                    .isEqualTo(alone.get(1));
            field.killLeader();
            field.lead(2);
            assertThat(field.workers()).allMatch(WorkerProcess::isAlive);
            assertThat(field.client().ask(ChatStream.body(1), events -> {}).text())
                    .isEqualTo(alone.get(1));
            assertThat(field.client().cluster().path("world_size").asInt()).isEqualTo(2);
        }
    }
}
