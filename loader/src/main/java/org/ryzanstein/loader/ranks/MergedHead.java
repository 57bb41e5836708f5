package org.ryzanstein.loader.ranks;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.loader.model.ModelLimits;
import org.ryzanstein.loader.parallel.Range;
import org.ryzanstein.loader.parallel.Split;

/**
 * The results of a step on their way from all ranks to the leader: which tokens met a value that was not finite, and for each
 * output row the candidates of the rank's part of the vocabulary, or all its logits. On the leader it is the whole model's head.
 *
 * <p>A message of a rank: one bit a token, 32 in a word; then for each row of which candidates are wanted their count and as
 * many pairs of id and logit as could be. Rows of which all logits are wanted follow each in a message of its own.
 */
final class MergedHead implements HeadOutput {
    private final Split vocabulary;
    private final int maxRows;
    private final int maxCandidates;
    private int[] words = new int[0];
    private HostMemory memory = HostMemory.of(words);
    private int[] faults = new int[0];

    private final int[] counts;
    private final int[][] ids;
    private final float[][] values;
    /** Candidates of one row, as merged so far. */
    private final int[] mergedIds;

    private final float[] mergedValues;
    private final float[] @Nullable [] logits;
    private final HostMemory[] @Nullable [] logitsOf; // [row][rank]
    private final boolean[] distribution;
    private final float[] part;
    private final HostMemory partMemory;

    /**
     * Makes room.
     *
     * @param vocabulary how tokens are shared out
     * @param rank this rank
     */
    MergedHead(ModelLimits limits, Split vocabulary, int rank) {
        this.vocabulary = vocabulary;
        maxRows = limits.maxOutputs();
        maxCandidates = limits.maxCandidates();
        boolean leader = rank == 0;
        int rows = leader ? maxRows : 0;
        int candidates = Math.min(maxCandidates, vocabulary.size());
        counts = new int[rows];
        ids = new int[rows][candidates];
        values = new float[rows][candidates];
        mergedIds = new int[candidates];
        mergedValues = new float[candidates];
        logits = new float[rows][];
        logitsOf = new HostMemory[rows][];
        distribution = new boolean[rows];
        part = new float[leader ? 0 : vocabulary.of(rank).count()];
        partMemory = HostMemory.of(part);
    }

    /** Words of a rank's first message. */
    private int words(StepBatch batch, int rank) {
        int own = vocabulary.of(rank).count();
        int count = Math.ceilDiv(batch.tokens(), Integer.SIZE);
        for (int row = 0; row < batch.outputs(); row++) {
            int wanted = batch.wanted(batch.outputToken(row));
            if (wanted != StepBatch.DISTRIBUTION) {
                count += 1 + 2 * Math.min(wanted, own);
            }
        }
        return count;
    }

    /** Sends a worker's results to the leader. */
    void send(StepBatch batch, StepResults shard, Communicator communicator) {
        int rank = communicator.rank();
        int own = vocabulary.of(rank).count();
        int count = words(batch, rank);
        room(count);
        int at = Math.ceilDiv(batch.tokens(), Integer.SIZE);
        Arrays.fill(words, 0, at, 0);
        for (int token = 0; token < batch.tokens(); token++) {
            if (shard.faulted(token)) {
                words[token / Integer.SIZE] |= 1 << token;
            }
        }
        HeadOutput output = shard.output();
        for (int row = 0; row < batch.outputs(); row++) {
            int wanted = batch.wanted(batch.outputToken(row));
            if (wanted == StepBatch.DISTRIBUTION) {
                continue;
            }
            int room = Math.min(wanted, own);
            int found = own == 0 ? 0 : output.count(row);
            words[at] = found;
            for (int i = 0; i < found; i++) {
                words[at + 1 + 2 * i] = output.id(row, i);
                words[at + 2 + 2 * i] = Float.floatToRawIntBits(output.logit(row, i));
            }
            at += 1 + 2 * room;
        }
        communicator.send(memory, count, 0, HostQueue.INSTANCE).await();
        for (int row = 0; row < batch.outputs() && own > 0; row++) {
            if (batch.wanted(batch.outputToken(row)) == StepBatch.DISTRIBUTION) {
                output.copyLogits(row, part);
                communicator.send(partMemory, own, 0, HostQueue.INSTANCE).await();
            }
        }
    }

    /** Takes the leader's own results. */
    void take(StepBatch batch, StepResults shard) {
        int faultWords = Math.ceilDiv(batch.tokens(), Integer.SIZE);
        if (faults.length < faultWords) {
            faults = new int[faultWords];
        }
        Arrays.fill(faults, 0);
        for (int token = 0; token < batch.tokens(); token++) {
            if (shard.faulted(token)) {
                faults[token / Integer.SIZE] |= 1 << token;
            }
        }
        HeadOutput output = shard.output();
        Range own = vocabulary.of(0);
        for (int row = 0; row < batch.outputs(); row++) {
            int wanted = batch.wanted(batch.outputToken(row));
            distribution[row] = wanted == StepBatch.DISTRIBUTION;
            counts[row] = 0;
            if (distribution[row]) {
                // The leader's tokens are the first ones.
                output.copyLogits(row, logits(row));
            } else if (!own.isEmpty()) {
                counts[row] = output.count(row);
                for (int i = 0; i < counts[row]; i++) {
                    ids[row][i] = output.id(row, i);
                    values[row][i] = output.logit(row, i);
                }
            }
        }
    }

    /**
     * Receives the results of a rank.
     *
     * @throws CommunicationException that names the rank if they can't be right
     */
    void receive(StepBatch batch, int rank, Communicator communicator) {
        Range own = vocabulary.of(rank);
        int count = words(batch, rank);
        room(count);
        communicator.receive(memory, count, rank, HostQueue.INSTANCE).await();
        int at = Math.ceilDiv(batch.tokens(), Integer.SIZE);
        for (int word = 0; word < at; word++) {
            faults[word] |= words[word];
        }
        for (int row = 0; row < batch.outputs(); row++) {
            int wanted = batch.wanted(batch.outputToken(row));
            if (wanted != StepBatch.DISTRIBUTION) {
                int room = Math.min(wanted, own.count());
                merge(row, wanted, at, checkCount(rank, words[at], room), rank);
                at += 1 + 2 * room;
            }
        }
        for (int row = 0; row < batch.outputs() && !own.isEmpty(); row++) {
            if (distribution[row]) {
                communicator
                        .receive(logitsOf(row, rank), own.count(), rank, HostQueue.INSTANCE)
                        .await();
            }
        }
    }

    private static int checkCount(int rank, int found, int room) {
        if (found < 0 || found > room) {
            throw wrong(rank, found + " candidates, expected at most " + room);
        }
        return found;
    }

    private static CommunicationException wrong(int rank, String what) {
        return new CommunicationException(CommunicationException.Kind.PROTOCOL, rank, "rank " + rank + " sent " + what);
    }

    /** Both lists are in order: by falling logit, equal ones by rising id. Tokens of a higher rank have higher ids. */
    private void merge(int row, int wanted, int at, int found, int rank) {
        Range own = vocabulary.of(rank);
        int had = counts[row];
        int taken = 0;
        int other = 0;
        int count = 0;
        while (count < wanted && count < mergedIds.length && (taken < had || other < found)) {
            float value = other < found ? Float.intBitsToFloat(words[at + 2 + 2 * other]) : 0;
            if (other >= found || (taken < had && values[row][taken] >= value)) {
                mergedIds[count] = ids[row][taken];
                mergedValues[count++] = values[row][taken++];
            } else {
                int id = words[at + 1 + 2 * other++];
                if (id < own.first() || id >= own.first() + own.count()) {
                    throw wrong(rank, "candidate " + id + ", expected one of " + own);
                }
                mergedIds[count] = id;
                mergedValues[count++] = value;
            }
        }
        System.arraycopy(mergedIds, 0, ids[row], 0, count);
        System.arraycopy(mergedValues, 0, values[row], 0, count);
        counts[row] = count;
    }

    private float[] logits(int row) {
        float[] own = logits[row];
        if (own == null) {
            own = new float[vocabulary.size()];
            logits[row] = own;
            HostMemory[] parts = new HostMemory[vocabulary.ranks()];
            for (int rank = 0; rank < parts.length; rank++) {
                Range range = vocabulary.of(rank);
                parts[rank] = HostMemory.of(own, range.first(), range.count());
            }
            logitsOf[row] = parts;
        }
        return own;
    }

    private HostMemory logitsOf(int row, int rank) {
        return Objects.requireNonNull(logitsOf[row])[rank];
    }

    private void room(int count) {
        if (words.length < count) {
            words = new int[Math.max(count, 2 * words.length)];
            memory = HostMemory.of(words);
        }
    }

    boolean faulted(int token) {
        return (faults[token / Integer.SIZE] & (1 << token)) != 0;
    }

    @Override
    public int maxRows() {
        return maxRows;
    }

    @Override
    public int maxCandidates() {
        return maxCandidates;
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public int count(int row) {
        return counts[row];
    }

    @Override
    public int id(int row, int index) {
        return ids[row][Objects.checkIndex(index, counts[row])];
    }

    @Override
    public float logit(int row, int index) {
        return values[row][Objects.checkIndex(index, counts[row])];
    }

    @Override
    public void copyLogits(int row, float[] destination) {
        if (!distribution[row]) {
            throw new IllegalStateException("output row " + row + ": only candidates were asked for");
        }
        System.arraycopy(logits(row), 0, destination, 0, vocabulary.size());
    }
}
