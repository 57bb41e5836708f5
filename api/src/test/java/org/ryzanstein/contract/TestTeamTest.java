package org.ryzanstein.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestTeamTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void barriersShowEveryMemberWhatOthersWrote(int size) {
        try (TestTeam team = new TestTeam(size)) {
            int rounds = 200;
            int[] cells = new int[size];
            boolean[] wrong = new boolean[size];
            for (int region = 0; region < 3; region++) {
                team.run(member -> {
                    for (int round = 0; round < rounds; round++) {
                        cells[member] = round;
                        team.barrier();
                        for (int cell : cells) {
                            wrong[member] |= cell != round;
                        }
                        team.barrier();
                    }
                });
            }
            assertThat(wrong).containsOnly(false);
            assertThat(team.size()).isEqualTo(size);
        }
    }

    @Test
    void throwsTheFirstFailureAndReleasesTheOthers() {
        try (TestTeam team = new TestTeam(3)) {
            Assertions.assertTimeoutPreemptively(LIMIT, () -> {
                assertThatThrownBy(() -> team.run(member -> {
                            if (member == 1) {
                                throw new IllegalArgumentException("member 1");
                            }
                            team.barrier();
                        }))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("member 1");
                assertThatThrownBy(() -> team.run(member -> {
                            if (member == 0) {
                                throw new AssertionError("member 0");
                            }
                        }))
                        .isInstanceOf(AssertionError.class);
                int[] ran = new int[3];
                team.run(member -> ran[member]++);
                assertThat(ran).containsOnly(1);
            });
        }
    }

    @Test
    void failsWhenAMemberEndsWhileOthersWait() {
        try (TestTeam team = new TestTeam(2)) {
            Assertions.assertTimeoutPreemptively(
                    LIMIT,
                    () -> assertThatThrownBy(() -> team.run(member -> {
                                if (member == 1) {
                                    team.barrier();
                                }
                            }))
                            .hasMessageContaining("a member ended while 1 of 2 wait"));
        }
    }

    @Test
    void refusesRegionsInsideRegionsAndAfterItsEnd() {
        TestTeam team = new TestTeam(2);
        assertThatThrownBy(() -> team.run(member -> {
                    if (member == 0) {
                        team.run(inner -> {});
                    }
                }))
                .hasMessageContaining("already running");
        team.close();
        assertThatThrownBy(() -> team.run(member -> {})).hasMessageContaining("closed");
        assertThatThrownBy(() -> new TestTeam(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
