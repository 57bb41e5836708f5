package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Ranks that are processes of one machine: what they use, and that they leave nothing behind. */
@EnabledOnOs(OS.LINUX)
@Timeout(120)
class SharedMemoryProcessTest {
    private static final String BLOCK_AT_ONCE = "-D" + WaitPolicy.PROPERTY + "=0";

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private Path folder;

    private final List<RankProcess> ranks = new ArrayList<>();

    @BeforeEach
    void makeFolder() {
        folder = SharedFolders.make();
    }

    @AfterEach
    void close() {
        ranks.forEach(RankProcess::close);
        SharedFolders.delete(folder);
    }

    private void start(String... options) {
        List<String> all = new ArrayList<>(List.of(options));
        all.add("-D" + RankMain.FOLDER + "=" + folder);
        ranks.add(RankProcess.start(all.toArray(String[]::new)));
    }

    private List<String> join(long epoch) {
        List<String> answers = RankProcess.join(ranks, epoch, 1);
        assertThat(answers).allMatch(answer -> answer.startsWith("ok tcp, rank"));
        assertThat(SharedFolders.list(folder)).isEmpty();
        return answers;
    }

    private List<String> askAll(String order) {
        ranks.forEach(rank -> rank.order(order));
        return ranks.stream().map(RankProcess::answer).toList();
    }

    @Test
    void nothingIsLeftOfAProcessThatIsKilledAndNothingStaysMapped() {
        start();
        start();
        start();
        assertThat(join(1)).allMatch(answer -> answer.contains(", shared memory, latency"));
        assertThat(askAll("mapped")).containsOnly("ok 2");
        ranks.subList(0, 2).forEach(rank -> rank.order("loop 5000 1000000"));
        ranks.removeLast().signal("KILL");
        assertThat(ranks.stream().map(RankProcess::answer))
                .allMatch(answer -> answer.startsWith("failed RANK_DEAD 2 "));
        assertThat(SharedFolders.list(folder)).isEmpty();
        assertThat(join(2)).allMatch(answer -> answer.contains("of 2, epoch 2, shared memory"));
        assertThat(askAll("mapped")).containsOnly("ok 1");
        assertThat(askAll("reduce 700001 30000")).containsOnly("ok sum");
        assertThat(askAll("leave")).hasSize(2);
        for (RankProcess rank : ranks) {
            String mapped = rank.ask("mapped");
            while (!mapped.equals("ok 0")) {
                mapped = rank.ask("mapped");
            }
        }
    }

    @Test
    void ranksThatBlockWakeEachOther() {
        for (int i = 0; i < 4; i++) {
            start(BLOCK_AT_ONCE);
        }
        assertThat(join(1)).allMatch(answer -> answer.contains("shared memory"));
        assertThat(askAll("loop 5000 500")).containsOnly("ok sum");
        assertThat(askAll("loop 700001 5")).containsOnly("ok sum");
    }

    @Test
    void oneRankWithoutSharedMemoryIsReachedByTcpAndTheReasonIsSaid() {
        start();
        start("-D" + SharedMemory.PROPERTY + "=off");
        start();
        List<String> answers = join(1);
        assertThat(answers.get(0))
                .contains("TCP (ryzanstein.tcp.shared-memory=off) with [1], shared memory with [2], latency");
        assertThat(answers.get(1)).contains("epoch 1, TCP (ryzanstein.tcp.shared-memory=off), latency");
        assertThat(askAll("mapped")).containsExactly("ok 1", "ok 0", "ok 1");
        assertThat(askAll("reduce 700001 30000")).containsOnly("ok sum");
    }
}
