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

    @TempDir
    @SuppressWarnings("NullAway.Init") // Set by JUnit.
    private static Path scratch;

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static Path model;

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static List<String> alone;

    /** What is lost. */
    enum Kind {
        ONE_OF_FOUR(4, 1, 3),
        TWO_OF_FOUR(4, 2, 2),
        ONE_OF_FOUR_WITH_A_SPARE(4, 1, 4),
        ONE_OF_TWO(2, 1, 1);

        private final int before;
        private final int victims;
        private final int after;

        Kind(int before, int victims, int after) {
            this.before = before;
            this.victims = victims;
            this.after = after;
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

    /** Loses ranks in the middle of an answer, and says what came of it. */
    private static String lose(RankField field, Kind kind, Signal signal, int seed)
            throws IOException, InterruptedException {
        Random random = new Random(seed);
        int number = random.nextInt(BODIES);
        int event = FIRST_EVENT + random.nextInt(LAST_EVENT - FIRST_EVENT);
        List<Long> ranks = new ArrayList<>(field.ranks());
        Collections.shuffle(ranks, random);
        List<Long> victims = ranks.subList(0, kind.victims);
        JsonNode before = field.client().cluster();
        assertThat(before.path("world_size").asInt()).isEqualTo(kind.before);

        ChatStream.Answer answer = field.client().ask(ChatStream.body(number), events -> {
            if (events == event) {
                victims.forEach(victim -> field.send(signal, victim));
            }
        });

        JsonNode after = field.client().cluster();
        assertThat(answer.text()).as(kind + ", seed " + seed).isEqualTo(alone.get(number));
        assertThat(answer.end()).isEqualTo("length");
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
        return String.format(
                Locale.ROOT,
                "%4d  %-24s  %-4s  %5d  %d to %d  %s  %.2f",
                seed,
                kind.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                signal,
                event,
                kind.before,
                kind.after,
                String.join(
                        " + ",
                        latest.stream()
                                .map(recovery -> String.format(
                                        Locale.ROOT,
                                        "%.2f",
                                        recovery.path("seconds").asDouble()))
                                .toList()),
                answer.longestGap());
    }

    /** As {@link #lose}, with a worker that has joined while answers kept the group from a pause. */
    private static String loseWithSpare(RankField field, Kind kind, Signal signal, int seed)
            throws IOException, InterruptedException {
        field.addWorker();
        String line;
        try (Load load = Load.start(field.client(), alone)) {
            field.awaitCluster(kind.before, 1);
            line = lose(field, kind, signal, seed);
            load.stop();
        }
        field.killStopped();
        return line;
    }

    private static String round(RankField field, Kind kind, Signal signal, int seed)
            throws IOException, InterruptedException {
        return kind == Kind.ONE_OF_FOUR_WITH_A_SPARE
                ? loseWithSpare(field, kind, signal, seed)
                : lose(field, kind, signal, seed);
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
            for (int i = 0; i < LONG_ROUNDS; i++) {
                int seed = 100 * kind.ordinal() + i;
                Signal signal = i % 2 == 0 ? Signal.KILL : Signal.STOP;
                String line = round(field, kind, signal, seed);
                Files.writeString(results, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                field.continueAll();
                field.fillUp(kind.before);
            }
        }
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
