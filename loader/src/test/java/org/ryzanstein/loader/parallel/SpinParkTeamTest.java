package org.ryzanstein.loader.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SpinParkTeamTest {
    private static final int REGIONS = 300;
    private static final int ROUNDS = 20;

    /** Plain, unsynchronised sums: only the team's own ordering makes them come out right. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatMembersWroteBeforeABarrierIsSeenByAllBehindIt(int size) {
        try (SpinParkTeam team = new SpinParkTeam(size)) {
            assertThat(team.size()).isEqualTo(size);
            long[] cells = new long[size];
            long[][] totals = new long[size][ROUNDS];
            for (int region = 0; region < REGIONS; region++) {
                int base = region;
                team.run(member -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        cells[member] = (long) base * round + member;
                        team.barrier();
                        long sum = 0;
                        for (long cell : cells) {
                            sum += cell;
                        }
                        totals[member][round] = sum;
                        team.barrier();
                    }
                });
                for (int member = 0; member < size; member++) {
                    for (int round = 0; round < ROUNDS; round++) {
                        assertThat(totals[member][round])
                                .isEqualTo((long) size * base * round + (long) size * (size - 1) / 2);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void eachMemberRunsOnceOnAThreadOfItsOwn(int size) {
        try (SpinParkTeam team = new SpinParkTeam(size)) {
            AtomicReferenceArray<Thread> threads = new AtomicReferenceArray<>(size);
            AtomicInteger runs = new AtomicInteger();
            team.run(member -> {
                runs.incrementAndGet();
                threads.set(member, Thread.currentThread());
            });
            assertThat(runs).hasValue(size);
            assertThat(threads.get(0)).isEqualTo(Thread.currentThread());
            List<Thread> all = new ArrayList<>();
            for (int member = 0; member < size; member++) {
                all.add(threads.get(member));
            }
            assertThat(all).doesNotHaveDuplicates();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void aMemberThatThrowsReleasesTheOthersFromTheirBarriers(int broken) {
        try (SpinParkTeam team = new SpinParkTeam(4)) {
            for (int repetition = 0; repetition < 100; repetition++) {
                boolean error = repetition % 2 == 0;
                AtomicInteger passed = new AtomicInteger();
                assertThatThrownBy(() -> team.run(member -> {
                            team.barrier();
                            if (member == broken) {
                                if (error) {
                                    throw new AssertionError("member " + member);
                                }
                                throw new IllegalStateException("member " + member);
                            }
                            team.barrier();
                            passed.incrementAndGet();
                        }))
                        .isInstanceOf(error ? AssertionError.class : IllegalStateException.class)
                        .hasMessage("member " + broken);
                assertThat(passed).hasValue(0);
                AtomicInteger sum = new AtomicInteger();
                team.run(member -> {
                    sum.addAndGet(member);
                    team.barrier();
                    sum.addAndGet(10 * member);
                });
                assertThat(sum).hasValue(66);
            }
        }
    }

    @Test
    void aTeamOfOneThrowsAtOnceAndIsUsableAfterwards() {
        try (SpinParkTeam team = new SpinParkTeam(1)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> team.run(member -> {
                        throw new IllegalStateException("alone");
                    }))
                    .withMessage("alone");
            AtomicInteger runs = new AtomicInteger();
            team.run(member -> {
                team.barrier();
                runs.incrementAndGet();
            });
            assertThat(runs).hasValue(1);
        }
    }

    @Test
    void regionsComeFromDifferentThreads() throws InterruptedException {
        try (SpinParkTeam team = new SpinParkTeam(3)) {
            AtomicInteger sum = new AtomicInteger();
            List<Thread> callers = new ArrayList<>();
            for (int caller = 0; caller < 4; caller++) {
                callers.add(Thread.ofPlatform().start(() -> {
                    for (int region = 0; region < 50; region++) {
                        team.run(member -> {
                            team.barrier();
                            sum.incrementAndGet();
                            team.barrier();
                        });
                    }
                }));
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(sum).hasValue(4 * 50 * 3);
        }
    }

    /** Members that wait long enough to park are woken by whoever they wait for. */
    @Test
    void parkedMembersAreWoken() throws InterruptedException {
        try (SpinParkTeam team = new SpinParkTeam(3)) {
            AtomicReference<Thread> waiter = new AtomicReference<>();
            CountDownLatch reached = new CountDownLatch(1);
            AtomicInteger after = new AtomicInteger();
            Thread caller = Thread.ofPlatform()
                    .start(() -> team.run(member -> {
                        if (member == 1) {
                            waiter.set(Thread.currentThread());
                            reached.countDown();
                        }
                        if (member == 2) {
                            await(reached);
                            awaitWaiting(waiter.get());
                        }
                        team.barrier();
                        after.incrementAndGet();
                        if (member != 0) {
                            awaitWaiting(Thread.currentThread().equals(waiter.get()) ? null : waiter.get());
                        }
                    }));
            caller.join();
            assertThat(after).hasValue(3);
        }
    }

    private static void awaitWaiting(@Nullable Thread thread) {
        while (thread != null && thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void closingEndsTheThreads() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        SpinParkTeam team = new SpinParkTeam(4);
        team.run(member -> {
            synchronized (threads) {
                threads.add(Thread.currentThread());
            }
        });
        threads.remove(Thread.currentThread());
        assertThat(threads).hasSize(3).allMatch(Thread::isDaemon);
        team.close();
        team.close();
        for (Thread thread : threads) {
            assertThat(thread.join(Duration.ofSeconds(60))).isTrue();
        }
        assertThatIllegalStateException()
                .isThrownBy(() -> team.run(member -> {}))
                .withMessage("the thread team is closed");
    }

    @Test
    void closingWaitsForTheRegionUnderWay() throws InterruptedException {
        SpinParkTeam team = new SpinParkTeam(2);
        CountDownLatch inside = new CountDownLatch(2);
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger ended = new AtomicInteger();
        Thread caller = Thread.ofPlatform()
                .start(() -> team.run(member -> {
                    inside.countDown();
                    await(release);
                    team.barrier();
                    ended.incrementAndGet();
                }));
        inside.await();
        Thread closer = Thread.ofPlatform().start(team::close);
        while (closer.getState() != Thread.State.BLOCKED) {
            Thread.onSpinWait();
        }
        release.countDown();
        caller.join();
        closer.join();
        assertThat(ended).hasValue(2);
    }

    @Test
    void refusesABarrierOfAStranger() throws InterruptedException {
        try (SpinParkTeam team = new SpinParkTeam(2)) {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread stranger = Thread.ofPlatform().start(() -> {
                try {
                    team.barrier();
                } catch (IllegalStateException e) {
                    failure.set(e);
                }
            });
            stranger.join();
            assertThat(failure.get()).hasMessageContaining("barrier called outside the team");
        }
    }

    @Test
    void refusesATeamOfNobody() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SpinParkTeam(0))
                .withMessage("team of 0");
    }
}
