package org.ryzanstein.backend.cpu;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.StepBatch;

/** Logits and sorted candidates of the rows that were asked for. */
final class HostHead implements HeadOutput {
    /** Logits that are looked at together. */
    static final int BLOCK = 256;

    private final int maxRows;
    private final int vocabularySize;
    private final int maxCandidates;
    /** One array a row, allocated when the row is first used. */
    private final float[] @Nullable [] logits;

    private final BestList[] best;
    private final boolean[] distribution;

    HostHead(int maxRows, int vocabularySize, int maxCandidates) {
        if (maxRows < 0 || vocabularySize < 1 || maxCandidates < 1) {
            throw new IllegalArgumentException(
                    "head of " + maxRows + " rows, " + vocabularySize + " tokens, " + maxCandidates + " candidates");
        }
        this.maxRows = maxRows;
        this.vocabularySize = vocabularySize;
        this.maxCandidates = maxCandidates;
        this.logits = new float[maxRows][];
        this.best = new BestList[maxRows];
        Arrays.setAll(best, row -> new BestList(Math.min(maxCandidates, vocabularySize)));
        this.distribution = new boolean[maxRows];
    }

    static HostHead of(HeadOutput output) {
        if (output instanceof HostHead own) {
            return own;
        }
        throw new IllegalArgumentException("head output of another backend");
    }

    /** Makes sure that a row's logits exist; called before the step runs, by one thread. */
    void materialize(int rows) {
        for (int row = 0; row < rows; row++) {
            if (logits[row] == null) {
                logits[row] = new float[vocabularySize];
            }
        }
    }

    float[] logits(int row) {
        float[] values = logits[row];
        if (values == null) {
            throw new IllegalStateException("output row " + row + " was never computed");
        }
        return values;
    }

    /** Where a product leaves its logits. */
    LinearMatrix.Output asOutput() {
        return new LinearMatrix.Output() {
            @Override
            public float[] values(int inputRow) {
                return logits(inputRow);
            }

            @Override
            public int first(int inputRow) {
                return 0;
            }
        };
    }

    /** Takes over what was found for a row by parts of the vocabulary. */
    void finish(int row, int wanted, BestList[] parts) {
        distribution[row] = wanted == StepBatch.DISTRIBUTION;
        BestList list = best[row];
        list.clear(Math.max(0, wanted));
        for (BestList part : parts) {
            list.offerAll(part);
        }
    }

    /** Whether all of a range are finite: bits of magnitudes are ordered as integers. */
    static boolean allFinite(float[] values, int from, int to) {
        int largest = 0;
        for (int i = from; i < to; i++) {
            largest = Math.max(largest, Float.floatToRawIntBits(values[i]) & Integer.MAX_VALUE);
        }
        return Float.isFinite(Float.intBitsToFloat(largest));
    }

    /** The largest of a range. */
    static float max(float[] values, int from, int to) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = from; i < to; i++) {
            max = Math.max(max, values[i]);
        }
        return max;
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
        return vocabularySize;
    }

    @Override
    public int count(int row) {
        return best[row].count();
    }

    @Override
    public int id(int row, int index) {
        return best[row].id(Objects.checkIndex(index, count(row)));
    }

    @Override
    public float logit(int row, int index) {
        return best[row].value(Objects.checkIndex(index, count(row)));
    }

    @Override
    public void copyLogits(int row, float[] destination) {
        if (!distribution[row]) {
            throw new IllegalStateException("output row " + row + ": only candidates were asked for");
        }
        System.arraycopy(logits(row), 0, destination, 0, vocabularySize);
    }
}
