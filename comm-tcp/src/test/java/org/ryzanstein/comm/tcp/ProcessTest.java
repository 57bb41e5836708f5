package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Ranks that are processes of their own: what happens when one is killed or stopped. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "sends signals")
class ProcessTest {
    /** Milliseconds; far above what it should take, far below the deadline of the operation. */
    private static final int SOON = 10_000;

    private List<RankProcess> ranks = List.of();

    @AfterEach
    void close() {
        ranks.forEach(RankProcess::close);
    }

    private List<String> askAll(List<RankProcess> asked, String order) {
        asked.forEach(rank -> rank.order(order));
        return asked.stream().map(RankProcess::answer).toList();
    }

    /** Answers like "failed RANK_DEAD 2 350 rank 2 is dead: ...". */
    private static void assertThatAllBlame(int rank, List<String> answers) {
        assertThat(answers).allSatisfy(answer -> {
            String[] words = answer.split(" ", 5);
            assertThat(words[0]).as(answer).isEqualTo("failed");
            assertThat(words[1]).as(answer).isEqualTo("RANK_DEAD");
            assertThat(words[2]).as(answer).isEqualTo(Integer.toString(rank));
            assertThat(Integer.parseInt(words[3])).as(answer).isLessThan(SOON);
        });
    }

    @Test
    void processesReduceTogether() {
        ranks = RankProcess.group(3, 1);
        for (int count : new int[] {0, 1, 2560, 300_001}) {
            assertThat(askAll(ranks, "reduce " + count + " 60000")).containsOnly("ok sum");
        }
        assertThat(askAll(ranks, "leave")).hasSize(3);
    }

    @Test
    void aKilledProcessIsNamedByAllOthersWhichGoOnWithoutIt() {
        ranks = RankProcess.group(4, 1);
        List<RankProcess> others = List.of(ranks.get(0), ranks.get(1), ranks.get(3));
        others.forEach(rank -> rank.order("reduce 1000 60000"));
        ranks.get(2).signal("KILL");
        assertThatAllBlame(2, others.stream().map(RankProcess::answer).toList());
        askAll(others, "leave");
        assertThat(RankProcess.join(others, 2, 1)).allMatch(answer -> answer.startsWith("ok "));
        assertThat(askAll(others, "reduce 1000 60000")).containsOnly("ok sum");
    }

    @Test
    void aStoppedProcessIsNamedByAllOthers() {
        ranks = RankProcess.group(3, 1);
        List<RankProcess> others = List.of(ranks.get(0), ranks.get(1));
        ranks.get(2).signal("STOP");
        assertThatAllBlame(2, askAll(others, "reduce 1000 60000"));
    }

    @Test
    void twoKilledProcessesAreBothKnown() {
        ranks = RankProcess.group(4, 1);
        ranks.get(1).signal("KILL");
        ranks.get(3).signal("KILL");
        for (RankProcess rank : List.of(ranks.get(0), ranks.get(2))) {
            // The answer has the failure as it was just before the dead ranks were looked up.
            String answer = rank.ask("failure");
            while (answer.startsWith("ok null") || !answer.endsWith("[1, 3]")) {
                answer = rank.ask("failure");
            }
            assertThat(answer).contains("is dead");
        }
    }
}
