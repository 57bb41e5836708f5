package org.ryzanstein.loader.ranks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.contract.InProcessWorld;
import org.ryzanstein.loader.cluster.ClusterException;

class StepMessageTest {
    private static final int TOKENS = 32;
    private static final int SLOTS = 3;
    private static final int BLOCKS = 4;
    private static final int KV_BLOCKS = 9;
    private static final int HEADER = 64;

    private final InProcessWorld world = new InProcessWorld(2);
    private final Communicator leader = world.communicators().get(0);
    private final Communicator worker = world.communicators().get(1);
    private final StepMessage sender = new StepMessage(SLOTS, BLOCKS, KV_BLOCKS);
    private final StepMessage receiver = new StepMessage(SLOTS, BLOCKS, KV_BLOCKS);
    private final StepBatch received = batch();

    private static StepBatch batch() {
        return new StepBatch(TOKENS, SLOTS, BLOCKS);
    }

    private boolean exchange(Runnable send) {
        return exchange(send, () -> receiver.receive(received, worker));
    }

    private static <T> T exchange(Runnable send, Supplier<T> receive) {
        CompletableFuture<Void> sending = CompletableFuture.runAsync(send);
        T result = receive.get();
        sending.join();
        return result;
    }

    private void assertSame(StepBatch sent) {
        assertThat(received.tokens()).isEqualTo(sent.tokens());
        for (int token = 0; token < sent.tokens(); token++) {
            assertThat(received.id(token)).isEqualTo(sent.id(token));
            assertThat(received.slot(token)).isEqualTo(sent.slot(token));
            assertThat(received.position(token)).isEqualTo(sent.position(token));
            assertThat(received.wanted(token)).isEqualTo(sent.wanted(token));
        }
    }

    @Test
    void bringsShortAndLongStepsWithTheirBlocks() {
        for (int tokens : new int[] {1, 14, 15, TOKENS, 2, 0}) {
            StepBatch sent = batch();
            for (int token = 0; token < tokens; token++) {
                sent.add(100 + token, token % SLOTS, token, token % 2 == 0 ? StepBatch.DISTRIBUTION : 5);
            }
            sender.place(tokens % SLOTS, new int[] {tokens % KV_BLOCKS, 2});
            assertThat(exchange(() -> sender.send(sent, leader))).isTrue();
            assertSame(sent);
            assertThat(received.block(tokens % SLOTS, 0)).isEqualTo(tokens % KV_BLOCKS);
            assertThat(received.block(tokens % SLOTS, 1)).isEqualTo(2);
        }
    }

    @Test
    void tellsANewGroupTheBlocksAgain() {
        sender.place(1, new int[] {7, 8});
        sender.place(2, new int[] {1});
        StepBatch sent = batch();
        sent.add(3, 1, 0, 1);
        exchange(() -> sender.send(sent, leader));

        StepMessage other = new StepMessage(SLOTS, BLOCKS, KV_BLOCKS);
        StepBatch fresh = batch();
        sender.repeatPlacements();
        assertThat(exchange(() -> sender.send(sent, leader), () -> other.receive(fresh, worker)))
                .isTrue();
        assertThat(fresh.block(1, 0)).isEqualTo(7);
        assertThat(fresh.block(1, 1)).isEqualTo(8);
        assertThat(fresh.block(2, 0)).isEqualTo(1);
    }

    @Test
    void saysThatTheGroupIsLeft() {
        assertThat(exchange(() -> sender.sendLeave(leader))).isFalse();
    }

    private void sendWords(int... words) {
        leader.broadcast(HostMemory.of(Arrays.copyOf(words, HEADER)), HEADER, 0, HostQueue.INSTANCE)
                .await();
    }

    private void assertRefused(int... words) {
        assertThatThrownBy(() -> exchange(() -> sendWords(words)))
                .as(Arrays.toString(words))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("the leader sent a step");
    }

    @Test
    void refusesStepsThatCannotBe() {
        assertRefused(3, 4, 1, 0); // an unknown kind
        assertRefused(0);
        assertRefused(1, 4, -1, 0);
        assertRefused(1, 4 * (TOKENS + 1), TOKENS + 1, 0);
        assertRefused(1, 4, 1, -1);
        assertRefused(1, 4, 1, SLOTS + 1);
        assertRefused(1, 3, 1, 0); // fewer words than its tokens take
        assertRefused(1, -1, 0, 0);
        assertRefused(1, Integer.MAX_VALUE, 1, 0);
        assertRefused(1, 5, 1, 0); // one word too many
        assertRefused(1, 7, 1, 1, SLOTS, 1, 0); // a slot that there is not
        assertRefused(1, 7, 1, 1, -1, 1, 0);
        assertRefused(1, 7, 1, 1, 0, BLOCKS + 1, 0);
        assertRefused(1, 7, 1, 1, 0, -1, 0);
        assertRefused(1, 7, 1, 1, 0, 1, KV_BLOCKS); // a block that there is not
        assertRefused(1, 4, 1, 0, 5, SLOTS, 0, 0);
    }

    @Test
    void takesRandomWordsForAStepOrRefusesThem() {
        Random random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 500; i++) {
            int[] words = new int[HEADER];
            words[0] = 1;
            words[1] = random.nextInt(HEADER - 4);
            words[2] = random.nextInt(4);
            words[3] = random.nextInt(SLOTS + 1);
            for (int word = 4; word < HEADER; word++) {
                words[word] = random.nextInt(-2, 6);
            }
            try {
                assertThat(exchange(() -> sendWords(words))).isTrue();
            } catch (ClusterException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }
}
