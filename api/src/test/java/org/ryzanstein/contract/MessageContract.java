package org.ryzanstein.contract;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.comm.Operation;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.contract.Matrices.Guarded;

/** Messages between two ranks. */
interface MessageContract extends CommunicatorsUnderTest {
    private static int[] content(int from, int number, int count) {
        return Matrices.words(5000L + number, from, ElementType.INT32, count);
    }

    @Test
    default void messagesArriveInOrderAroundARing() {
        int[] counts = {1, 0, 2560, 1_000_003, 7};
        for (int worldSize : new int[] {2, 3, 5}) {
            ranks(worldSize).run(self -> {
                int next = (self.rank() + 1) % worldSize;
                int previous = (self.rank() + worldSize - 1) % worldSize;
                for (int number = 0; number < counts.length; number++) {
                    int[] received = new int[counts[number]];
                    Operation sent = self.send(
                            HostMemory.of(content(self.rank(), number, counts[number])),
                            counts[number],
                            next,
                            HostQueue.INSTANCE);
                    self.receive(HostMemory.of(received), counts[number], previous, HostQueue.INSTANCE)
                            .await();
                    sent.await();
                    assertThat(received).isEqualTo(content(previous, number, counts[number]));
                }
            });
        }
    }

    @Test
    default void messagesOfBothDirectionsPassEachOther() {
        ranks(2).run(self -> {
            int peer = 1 - self.rank();
            Operation[] sent = new Operation[6];
            for (int number = 0; number < sent.length; number++) {
                sent[number] = self.send(
                        HostMemory.of(content(self.rank(), number, 300_000)), 300_000, peer, HostQueue.INSTANCE);
            }
            for (int number = 0; number < sent.length; number++) {
                int[] received = new int[300_000];
                self.receive(HostMemory.of(received), 300_000, peer, HostQueue.INSTANCE)
                        .await();
                assertThat(received).isEqualTo(content(peer, number, 300_000));
            }
            for (Operation operation : sent) {
                operation.await();
            }
        });
    }

    @Test
    default void messagesAndCollectivesDoNotMix() {
        ranks(3).run(self -> {
            Operation message = null;
            int[] received = new int[100];
            if (self.rank() == 0) {
                message = self.send(HostMemory.of(content(0, 1, 100)), 100, 2, HostQueue.INSTANCE);
            }
            int[] sum = {self.rank() + 1};
            sum(self, sum);
            if (self.rank() == 2) {
                message = self.receive(HostMemory.of(received), 100, 0, HostQueue.INSTANCE);
            }
            sum(self, sum);
            if (message != null) {
                message.await();
            }
            assertThat(sum[0]).isEqualTo(18);
            if (self.rank() == 2) {
                assertThat(received).isEqualTo(content(0, 1, 100));
            }
        });
    }

    private static void sum(Communicator self, int[] value) {
        self.allReduce(HostMemory.of(value), 1, ReduceOperation.SUM, HostQueue.INSTANCE)
                .await();
    }

    @Test
    default void partOfAMatrixTravels() {
        ranks(2).run(self -> {
            Guarded own = new Guarded(ElementType.FLOAT32, 9, 31, 2, false);
            int[] content = Matrices.words(6000, 0, ElementType.FLOAT32, 9 * 31);
            if (self.rank() == 0) {
                Words.write(content, own.buffer(), own.firstRow(), 9);
                self.send(own.buffer(), own.firstRow(), 9, 1, HostQueue.INSTANCE)
                        .await();
            } else {
                self.receive(own.buffer(), own.firstRow(), 9, 0, HostQueue.INSTANCE)
                        .await();
            }
            assertThat(own.words()).isEqualTo(content);
            assertThat(own.guarded()).isTrue();
        });
    }
}
