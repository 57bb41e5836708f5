package org.ryzanstein.loader.ranks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.contract.InProcessWorld;
import org.ryzanstein.loader.model.ModelLimits;
import org.ryzanstein.loader.parallel.Range;
import org.ryzanstein.loader.parallel.Split;

class MergedHeadTest {
    private static final int ROWS = 4;
    private static final int CANDIDATES = 12;
    private static final ModelLimits LIMITS = new ModelLimits(64, ROWS, CANDIDATES, 64, 4);

    /** Sorts the logits of a range of tokens. */
    private record Sorted(float[][] logits, Range own, StepBatch batch, int faulty) implements StepResults, HeadOutput {
        private List<Integer> order(int row) {
            List<Integer> ids = new ArrayList<>();
            for (int id = own.first(); id < own.first() + own.count(); id++) {
                ids.add(id);
            }
            ids.sort(Comparator.<Integer>comparingDouble(id -> -logits[row][id]).thenComparing(id -> id));
            return ids;
        }

        @Override
        public boolean faulted(int token) {
            return token == faulty;
        }

        @Override
        public HeadOutput output() {
            return this;
        }

        @Override
        public int maxRows() {
            return ROWS;
        }

        @Override
        public int maxCandidates() {
            return CANDIDATES;
        }

        @Override
        public int vocabularySize() {
            return own.count();
        }

        @Override
        public int count(int row) {
            return Math.min(batch.wanted(batch.outputToken(row)), own.count());
        }

        @Override
        public int id(int row, int index) {
            return order(row).get(index);
        }

        @Override
        public float logit(int row, int index) {
            return logits[row][id(row, index)];
        }

        @Override
        public void copyLogits(int row, float[] destination) {
            System.arraycopy(logits[row], own.first(), destination, 0, own.count());
        }
    }

    private static StepBatch batch(int... wanted) {
        StepBatch batch = new StepBatch(LIMITS.maxTokens(), 1, 2);
        for (int token = 0; token < 40; token++) {
            batch.add(1, 0, token, 0);
        }
        for (int i = 0; i < wanted.length; i++) {
            batch.add(1, 0, 40 + i, wanted[i]);
        }
        return batch;
    }

    /** Few different values, so that many logits are equal. */
    private static float[][] logits(int vocabulary, Random random) {
        float[][] logits = new float[ROWS][vocabulary];
        for (float[] row : logits) {
            for (int id = 0; id < vocabulary; id++) {
                row[id] = random.nextInt(7) / 2f;
            }
        }
        return logits;
    }

    @ParameterizedTest
    @CsvSource({"100, 1", "100, 2", "100, 3", "1000, 5", "33, 8", "16, 4", "5, 3"})
    void givesWhatASortOfTheWholeVocabularyGives(int vocabulary, int ranks) {
        Random random = new Random(vocabulary + ranks);
        Split split = Split.even(vocabulary, 16, ranks);
        InProcessWorld world = new InProcessWorld(ranks);
        MergedHead merged = new MergedHead(LIMITS, split, 0);
        List<MergedHead> senders = new ArrayList<>();
        for (int rank = 1; rank < ranks; rank++) {
            senders.add(new MergedHead(LIMITS, split, rank));
        }
        for (int step = 0; step < 3; step++) {
            float[][] logits = logits(vocabulary, random);
            StepBatch batch = batch(1, CANDIDATES, StepBatch.DISTRIBUTION, 5);
            List<CompletableFuture<Void>> sending = new ArrayList<>();
            for (int rank = 1; rank < ranks; rank++) {
                Communicator communicator = world.communicators().get(rank);
                MergedHead sender = senders.get(rank - 1);
                Sorted own = new Sorted(logits, split.of(rank), batch, 10 * rank);
                sending.add(CompletableFuture.runAsync(() -> sender.send(batch, own, communicator)));
            }
            merged.take(batch, new Sorted(logits, split.of(0), batch, 33));
            for (int rank = 1; rank < ranks; rank++) {
                merged.receive(batch, rank, world.communicators().getFirst());
            }
            sending.forEach(CompletableFuture::join);

            Sorted whole = new Sorted(logits, new Range(0, vocabulary), batch, -1);
            for (int row : new int[] {0, 1, 3}) {
                assertThat(merged.count(row)).isEqualTo(whole.count(row));
                for (int i = 0; i < merged.count(row); i++) {
                    assertThat(merged.id(row, i))
                            .as("row %d, candidate %d", row, i)
                            .isEqualTo(whole.id(row, i));
                    assertThat(merged.logit(row, i)).isEqualTo(whole.logit(row, i));
                }
                int asked = row;
                assertThatThrownBy(() -> merged.copyLogits(asked, new float[vocabulary]))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("only candidates were asked for");
            }
            float[] all = new float[vocabulary];
            merged.copyLogits(2, all);
            assertThat(all).containsExactly(logits[2]);
            for (int token = 0; token < batch.tokens(); token++) {
                boolean faulty = token == 33 || (token % 10 == 0 && token > 0 && token / 10 < ranks);
                assertThat(merged.faulted(token)).as("token %d", token).isEqualTo(faulty);
            }
        }
        assertThat(merged.maxRows()).isEqualTo(ROWS);
        assertThat(merged.maxCandidates()).isEqualTo(CANDIDATES);
        assertThat(merged.vocabularySize()).isEqualTo(vocabulary);
    }

    @Test
    void namesTheRankThatSendsWhatCannotBe() {
        assertRefused("rank 1 sent 3 candidates, expected at most 2", 3, 20, 0, 21, 0);
        assertRefused("rank 1 sent -1 candidates", -1, 20, 0, 21, 0);
        assertRefused("rank 1 sent candidate 15, expected one of 16-31", 2, 15, Float.floatToRawIntBits(9), 21, 0);
        assertRefused("rank 1 sent candidate 32", 2, 20, Float.floatToRawIntBits(9), 32, Float.floatToRawIntBits(9));
    }

    private static void assertRefused(String reason, int... candidates) {
        InProcessWorld world = new InProcessWorld(2);
        StepBatch batch = new StepBatch(LIMITS.maxTokens(), 1, 2);
        batch.add(1, 0, 0, 2);
        Split split = Split.even(32, 16, 2);
        MergedHead merged = new MergedHead(LIMITS, split, 0);
        merged.take(batch, new Sorted(new float[ROWS][32], split.of(0), batch, -1));
        int[] words = new int[1 + candidates.length];
        System.arraycopy(candidates, 0, words, 1, candidates.length);
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> world.communicators()
                .get(1)
                .send(HostMemory.of(words), words.length, 0, HostQueue.INSTANCE)
                .await());
        assertThatThrownBy(() -> merged.receive(batch, 1, world.communicators().getFirst()))
                .isInstanceOfSatisfying(
                        CommunicationException.class, e -> assertThat(e.rank()).isEqualTo(1))
                .hasMessageContaining(reason);
        sending.join();
    }
}
