package org.ryzanstein.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.CommunicationException.Kind;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.comm.Operation;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.ElementType;

/** Groups of some of the ranks. */
interface GroupContract extends CommunicatorsUnderTest {
    private static Operation start(Communicator self, int[] values) {
        return self.allReduce(HostMemory.of(values), values.length, ReduceOperation.SUM, HostQueue.INSTANCE);
    }

    @Test
    default void groupsHaveRanksOfTheirOwn() {
        ranks(5).run(self -> {
            List<Integer> part = self.rank() % 2 == 0 ? List.of(4, 0, 2) : List.of(1, 3);
            try (Communicator group = self.group(part)) {
                assertThat(group.worldSize()).isEqualTo(part.size());
                assertThat(group.rank()).isEqualTo(part.indexOf(self.rank()));
                assertThat(group.epoch()).isEqualTo(self.epoch());
                int[] all = new int[part.size()];
                int[] columns = new int[part.size()];
                Arrays.fill(columns, 1);
                group.allGather(
                                HostMemory.of(new int[] {self.rank()}),
                                HostMemory.matrix(
                                        MemorySegment.ofArray(all), ElementType.INT32, 1, all.length, all.length),
                                columns,
                                1,
                                HostQueue.INSTANCE)
                        .await();
                assertThat(all).containsExactly(part.stream().mapToInt(i -> i).toArray());
            }
            int[] sum = {1};
            start(self, sum).await();
            assertThat(sum).containsExactly(5);
        });
    }

    @Test
    default void groupsMayBeUsedInAnyOrder() {
        ranks(3).run(self -> {
            Communicator first = self.group(List.of(0, 1, 2));
            Communicator second = self.group(List.of(2, 1, 0));
            int[] a = new int[70_000];
            int[] b = {10 * (self.rank() + 1)};
            a[69_999] = self.rank() + 1;
            Operation one = self.rank() == 0 ? start(first, a) : start(second, b);
            Operation two = self.rank() == 0 ? start(second, b) : start(first, a);
            two.await();
            one.await();
            assertThat(a[69_999]).isEqualTo(6);
            assertThat(b[0]).isEqualTo(60);
            first.close();
            second.close();
        });
    }

    @Test
    default void groupsOfGroupsAndOfOne() {
        ranks(4).run(self -> {
            Communicator half = self.group(self.rank() < 2 ? List.of(0, 1) : List.of(2, 3));
            Communicator alone = half.group(List.of(half.rank()));
            int[] sum = {self.rank()};
            start(alone, sum).await();
            assertThat(sum).containsExactly(self.rank());
            start(half, sum).await();
            assertThat(sum).containsExactly(self.rank() < 2 ? 1 : 5);
            alone.barrier();
            alone.close();
            half.close();
        });
    }

    @Test
    default void refusesAGroupWithoutThisRankOrWithRanksThatAreNone() {
        Communicator self = ranks(2).rank(0);
        for (List<Integer> ranks : List.of(List.of(1), List.of(0, 2), List.of(0, -1), List.of(0, 0))) {
            assertThatThrownBy(() -> self.group(ranks))
                    .as(ranks.toString())
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    default void refusesGroupsThatOverlap() {
        try (Ranks ranks = fresh(3)) {
            List<CommunicationException> failures = ranks.failures(self -> {
                Communicator group = self.group(self.rank() == 0 ? List.of(0, 1) : List.of(1, 2, 0));
                group.barrier();
                self.barrier();
            });
            assertThat(failures)
                    .allSatisfy(failure -> assertThat(failure.kind()).isEqualTo(Kind.MISMATCH));
        }
    }
}
