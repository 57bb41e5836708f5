package org.ryzanstein.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.CommunicationException.Kind;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.comm.Operation;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;

/** What goes wrong is an error on every rank, in time. */
interface CommunicatorFailureContract extends CommunicatorsUnderTest {
    /** Long enough for a busy machine, where the deadline is not what is tested. */
    Duration LONG = Duration.ofSeconds(30);

    Duration SHORT = Duration.ofMillis(300);

    private static Buffer ints(int count) {
        return HostMemory.of(new int[count]);
    }

    private static Operation sum(Communicator self, Buffer buffer) {
        return self.allReduce(buffer, buffer.rows(), ReduceOperation.SUM, HostQueue.INSTANCE);
    }

    private DynamicTest mismatch(
            String name, Function<Communicator, Operation> most, Function<Communicator, Operation> odd) {
        return DynamicTest.dynamicTest(name, () -> {
            for (int worldSize : new int[] {2, 4}) {
                try (Ranks ranks = fresh(worldSize)) {
                    List<CommunicationException> failures = ranks.failures(self -> {
                        self.setDeadline(framed() ? LONG : SHORT);
                        (self.rank() == worldSize - 1 ? odd : most).apply(self).await();
                        self.barrier();
                    });
                    assertThat(failures)
                            .allSatisfy(failure ->
                                    assertThat(failure.kind()).isEqualTo(framed() ? Kind.MISMATCH : Kind.DEADLINE));
                }
            }
        });
    }

    @TestFactory
    default Stream<DynamicTest> callsThatDoNotMatchFailOnAllRanks() {
        HostQueue queue = HostQueue.INSTANCE;
        Buffer floats = HostMemory.of(new float[100]);
        return Stream.of(
                mismatch("size", self -> sum(self, ints(100)), self -> sum(self, ints(101))),
                mismatch("large size", self -> sum(self, ints(500_000)), self -> sum(self, ints(400_000))),
                mismatch("type", self -> sum(self, ints(100)), self -> sum(self, floats)),
                mismatch(
                        "reduction",
                        self -> sum(self, ints(100)),
                        self -> self.allReduce(ints(100), 100, ReduceOperation.MAX, queue)),
                mismatch("operation", self -> sum(self, ints(100)), self -> self.broadcast(ints(100), 100, 0, queue)),
                mismatch("barrier", self -> self.barrier(queue), self -> sum(self, ints(1))),
                mismatch(
                        "root",
                        self -> self.broadcast(ints(100), 100, 0, queue),
                        self -> self.broadcast(ints(100), 100, 1, queue)),
                mismatch("columns of a gather", self -> gather(self, 1, 2), self -> gather(self, 2, 1)),
                mismatch(
                        "rows",
                        self -> self.broadcast(ints(100), 7, 0, queue),
                        self -> self.broadcast(ints(100), 8, 0, queue)));
    }

    private static Operation gather(Communicator self, int first, int others) {
        int[] columns = new int[self.worldSize()];
        Arrays.fill(columns, others);
        columns[0] = first;
        int all = Arrays.stream(columns).sum();
        return self.allGather(row(columns[self.rank()]), row(all), columns, 1, HostQueue.INSTANCE);
    }

    private static Buffer row(int columns) {
        return HostMemory.matrix(MemorySegment.ofArray(new int[columns]), ElementType.INT32, 1, columns, columns);
    }

    @Test
    default void messagesThatDoNotMatchFailOnBothSides() {
        try (Ranks ranks = fresh(2)) {
            List<CommunicationException> failures = ranks.failures(self -> {
                self.setDeadline(framed() ? LONG : SHORT);
                if (self.rank() == 0) {
                    self.send(ints(5), 5, 1, HostQueue.INSTANCE).await();
                } else {
                    self.receive(ints(6), 6, 0, HostQueue.INSTANCE).await();
                }
                self.barrier();
            });
            assertThat(failures)
                    .allSatisfy(
                            failure -> assertThat(failure.kind()).isEqualTo(framed() ? Kind.MISMATCH : Kind.DEADLINE));
        }
    }

    @Test
    default void aRankThatDoesNotCallMakesTheOthersMissTheirDeadline() {
        try (Ranks ranks = fresh(3)) {
            CountDownLatch failed = new CountDownLatch(2);
            List<Optional<Throwable>> outcomes = ranks.outcomes(self -> {
                self.setDeadline(SHORT);
                if (self.rank() == 1) {
                    awaitLatch(failed);
                    return;
                }
                try {
                    sum(self, ints(10)).await();
                } finally {
                    failed.countDown();
                }
            });
            assertThat(outcomes.get(1)).isEmpty();
            for (int rank : new int[] {0, 2}) {
                assertThat(outcomes.get(rank))
                        .containsInstanceOf(CommunicationException.class)
                        .get()
                        .satisfies(thrown -> {
                            CommunicationException failure = (CommunicationException) thrown;
                            assertThat(failure.kind()).isEqualTo(Kind.DEADLINE);
                            assertThat(failure.rank()).isEqualTo(1);
                        });
            }
        }
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Test
    default void theDeathOfARankEndsWhatTheOthersWaitFor() {
        try (Ranks ranks = fresh(4)) {
            List<Optional<Throwable>> outcomes = ranks.outcomes(self -> {
                self.setDeadline(LONG);
                sum(self, ints(10)).await();
                if (self.rank() == 2) {
                    killRank(ranks, 2);
                    return;
                }
                sum(self, ints(10)).await();
            });
            for (int rank : new int[] {0, 1, 3}) {
                assertThat(outcomes.get(rank))
                        .containsInstanceOf(CommunicationException.class)
                        .get()
                        .satisfies(thrown -> {
                            CommunicationException failure = (CommunicationException) thrown;
                            assertThat(failure.kind()).isEqualTo(Kind.RANK_DEAD);
                            assertThat(failure.rank()).isEqualTo(2);
                        });
                assertThat(ranks.rank(rank).deadRanks()).contains(2);
            }
        }
    }

    @Test
    default void theDeathOfARankIsKnownWhileNothingIsUnderWay() {
        try (Ranks ranks = fresh(3)) {
            killRank(ranks, 0);
            List<Optional<Throwable>> outcomes = ranks.outcomes(self -> {
                while (self.rank() != 0 && self.failure().isEmpty()) {
                    Thread.onSpinWait();
                }
            });
            assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome).isEmpty());
            for (int rank : new int[] {1, 2}) {
                assertThat(ranks.rank(rank).failure()).get().satisfies(failure -> {
                    assertThat(failure.kind()).isEqualTo(Kind.RANK_DEAD);
                    assertThat(failure.rank()).isZero();
                });
            }
        }
    }

    @Test
    default void anAbortEndsTheOperationsOfAllRanks() {
        try (Ranks ranks = fresh(3)) {
            List<CommunicationException> failures = ranks.failures(self -> {
                self.setDeadline(LONG);
                if (self.rank() == 1) {
                    self.abort("the model is gone");
                }
                sum(self, ints(10)).await();
            });
            assertThat(failures).allSatisfy(failure -> {
                assertThat(failure.kind()).isEqualTo(Kind.ABORTED);
                assertThat(failure.rank()).isEqualTo(1);
                assertThat(failure).hasMessageContaining("rank 1").hasMessageContaining("the model is gone");
            });
        }
    }

    @Test
    default void anotherThreadMayAbort() {
        try (Ranks ranks = fresh(2)) {
            List<CommunicationException> failures = ranks.failures(self -> {
                self.setDeadline(LONG);
                Operation operation = self.receive(ints(10), 10, 1 - self.rank(), HostQueue.INSTANCE);
                if (self.rank() == 0) {
                    Thread.ofPlatform().daemon().start(() -> self.abort("enough"));
                }
                operation.await();
            });
            assertThat(failures)
                    .allSatisfy(failure -> assertThat(failure.kind()).isEqualTo(Kind.ABORTED));
        }
    }

    @Test
    default void nothingCanBeDoneAfterAnAbort() {
        try (Ranks ranks = fresh(2)) {
            Communicator self = ranks.rank(0);
            self.abort("enough");
            for (Function<Communicator, Operation> call : List.<Function<Communicator, Operation>>of(
                    any -> sum(any, ints(1)),
                    any -> any.barrier(HostQueue.INSTANCE),
                    any -> any.receive(ints(1), 1, 1, HostQueue.INSTANCE))) {
                assertThatThrownBy(() -> call.apply(self).await())
                        .isInstanceOf(CommunicationException.class)
                        .hasMessageContaining("enough");
            }
            assertThatThrownBy(() -> self.group(List.of(0))).isInstanceOf(CommunicationException.class);
            assertThat(self.failure()).isPresent();
            assertThat(self.describe()).isNotBlank();
        }
    }

    @Test
    default void waitingForARankThatHasLeftIsAnError() {
        try (Ranks ranks = fresh(2)) {
            List<Optional<Throwable>> outcomes = ranks.outcomes(self -> {
                self.setDeadline(LONG);
                if (self.rank() == 1) {
                    self.send(ints(7), 7, 0, HostQueue.INSTANCE).await();
                    self.close();
                } else {
                    self.receive(ints(7), 7, 1, HostQueue.INSTANCE).await();
                    self.receive(ints(7), 7, 1, HostQueue.INSTANCE).await();
                }
            });
            assertThat(outcomes.get(1)).isEmpty();
            assertThat(outcomes.get(0))
                    .containsInstanceOf(CommunicationException.class)
                    .get()
                    .satisfies(thrown -> {
                        assertThat(((CommunicationException) thrown).rank()).isEqualTo(1);
                    });
        }
    }

    @Test
    default void argumentsThatCanNotBeRightAreRefusedAndNothingHappens() {
        HostQueue queue = HostQueue.INSTANCE;
        ReduceOperation add = ReduceOperation.SUM;
        ranks(2).run(self -> {
            int peer = 1 - self.rank();
            for (Runnable call : List.<Runnable>of(
                    () -> self.allReduce(ints(4), 5, add, queue),
                    () -> self.allReduce(ints(4), 2, 3, add, queue),
                    () -> self.allReduce(ints(4), -1, 2, add, queue),
                    () -> self.allReduce(ints(4), 0, -1, add, queue),
                    () -> self.allGather(row(2), row(4), new int[] {2, 3}, 1, queue),
                    () -> self.allGather(row(2), row(4), new int[] {4}, 1, queue),
                    () -> self.allGather(row(2), row(4), new int[] {2, 2}, 2, queue),
                    () -> self.allGather(row(1), row(4), new int[] {2, 2}, 1, queue),
                    () -> self.allGather(row(2), row(4).slice(0, 4), new int[] {5, -1}, 1, queue),
                    () -> self.allGather(HostMemory.of(new float[1]), row(2), new int[] {1, 1}, 1, queue),
                    () -> self.reduceScatter(row(4), row(1), new int[] {2, 2}, 1, add, queue),
                    () -> self.reduceScatter(row(5), row(2), new int[] {2, 2}, 1, add, queue),
                    () -> self.send(ints(4), 5, peer, queue),
                    () -> self.receive(ints(4), 5, peer, queue))) {
                assertThatThrownBy(call::run).isInstanceOf(IllegalArgumentException.class);
            }
            for (Runnable call : List.<Runnable>of(
                    () -> self.broadcast(ints(4), 4, 2, queue),
                    () -> self.broadcast(ints(4), 4, -1, queue),
                    () -> self.send(ints(4), 4, 2, queue),
                    () -> self.send(ints(4), 4, self.rank(), queue),
                    () -> self.receive(ints(4), 4, self.rank(), queue))) {
                assertThatThrownBy(call::run)
                        .isInstanceOfAny(IllegalArgumentException.class, IndexOutOfBoundsException.class);
            }
            assertThatThrownBy(() -> self.setDeadline(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
            int[] sum = {self.rank() + 1};
            sum(self, HostMemory.of(sum)).await();
            assertThat(sum).containsExactly(3);
        });
    }
}
