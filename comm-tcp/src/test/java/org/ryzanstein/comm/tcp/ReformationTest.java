package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Processes that are killed or stopped while they reduce, and the others, which form smaller and larger groups again and again
 * with the endpoints that they have: 4, 3, 4 (with a new process or a stopped one that goes on), 2, 1.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "sends signals")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ReformationTest {
    private static final long MILLION = 1_000_000;

    /** No group may need longer, on a slow machine either. */
    private static final long GENEROUS_MILLIS = 15_000;

    private final List<RankProcess> alive = new ArrayList<>();
    private final List<RankProcess> started = new ArrayList<>();
    private final StringBuilder report = new StringBuilder();
    private long epoch;
    private long slowestNotice;
    private long slowestJoin;

    @AfterEach
    void close() {
        started.forEach(RankProcess::close);
    }

    @Test
    void groupsFormAgainAfterEachDeath() {
        for (int seed = 0; seed < 2; seed++) {
            rounds(new Random(seed));
        }
        assertThat(slowestJoin).as(report.toString()).isLessThan(GENEROUS_MILLIS);
    }

    /** Prints one line for each death: what was done, when all others knew, how long the new group took. */
    @Test
    @Tag("long")
    void groupsFormAgainTwentyTimesInARow() {
        for (int seed = 0; seed < 20; seed++) {
            report.append("seed ").append(seed).append('\n');
            rounds(new Random(seed));
        }
        report.append("slowest: noticed after ").append(slowestNotice).append(" ms, joined within ");
        report.append(slowestJoin).append(" ms\n");
        System.out.print(report);
        assertThat(slowestNotice).as("noticed, ms").isLessThan(3000);
        assertThat(slowestJoin).as("joined, ms").isLessThan(1500);
    }

    private void rounds(Random random) {
        grow(4, List.of());
        List<RankProcess> stopped = lose(1, random);
        grow(4, stopped);
        lose(2, random);
        lose(1, random);
        assertThat(alive).hasSize(1);
    }

    private void grow(int size, List<RankProcess> back) {
        back.forEach(rank -> {
            rank.signal("CONT");
            assertThat(rank.answer()).as("a rank that was stopped too long").startsWith("failed RANK_DEAD");
            alive.add(rank);
        });
        while (alive.size() < size) {
            RankProcess rank = RankProcess.start();
            started.add(rank);
            alive.add(rank);
        }
        join();
    }

    private long join() {
        long begun = System.nanoTime();
        List<String> answers =
                RankProcess.join(alive, alive.stream().map(RankProcess::address).toList(), ++epoch, 1, 20_000);
        long millis = (System.nanoTime() - begun) / MILLION;
        for (int rank = 0; rank < alive.size(); rank++) {
            assertThat(answers.get(rank))
                    .startsWith("ok tcp, rank " + rank + " of " + alive.size() + ", epoch " + epoch);
        }
        return millis;
    }

    /** Kills or stops some of the ranks while all reduce. Returns those that were stopped. */
    private List<RankProcess> lose(int count, Random random) {
        String order = "loop " + (1 + random.nextInt(100_000)) + " 1000000000";
        alive.forEach(rank -> rank.order(order));
        List<RankProcess> stopped = new ArrayList<>();
        int before = alive.size();
        long begun = System.nanoTime();
        for (int i = 0; i < count; i++) {
            RankProcess victim = alive.remove(random.nextInt(alive.size()));
            boolean kill = random.nextBoolean();
            victim.signal(kill ? "KILL" : "STOP");
            report.append(kill ? "kill -9, " : "SIGSTOP, ");
            if (!kill) {
                stopped.add(victim);
            }
        }
        for (RankProcess rank : alive) {
            assertThat(rank.answer()).startsWith("failed RANK_DEAD ");
        }
        long noticed = (System.nanoTime() - begun) / MILLION;
        long joined = join();
        if (alive.size() > 1) {
            alive.forEach(rank -> rank.order("reduce 10001 20000"));
            alive.forEach(rank -> assertThat(rank.answer()).isEqualTo("ok sum"));
        }
        slowestNotice = Math.max(slowestNotice, noticed);
        slowestJoin = Math.max(slowestJoin, joined);
        report.append(before).append(" to ").append(alive.size()).append(" ranks: noticed by all after ");
        report.append(noticed).append(" ms, joined in ").append(joined).append(" ms\n");
        return stopped;
    }
}
