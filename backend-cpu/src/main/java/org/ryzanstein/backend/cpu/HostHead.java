package org.ryzanstein.backend.cpu;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.StepBatch;

/** Logits and sorted candidates of the rows that were asked for. */
final class HostHead implements HeadOutput {
    private final int maxRows;
    private final int vocabularySize;
    private final int maxCandidates;
    /** One array a row, allocated when the row is first used. */
    private final float[] @Nullable [] logits;

    private final int[][] ids;
    private final float[][] best;
    private final int[] counts;
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
        this.ids = new int[maxRows][Math.min(maxCandidates, vocabularySize)];
        this.best = new float[maxRows][Math.min(maxCandidates, vocabularySize)];
        this.counts = new int[maxRows];
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

    /**
     * Finds what a row wants among its logits.
     *
     * @return false if a logit is not finite
     */
    boolean select(int row, int wanted, int firstToken) {
        float[] values = logits(row);
        for (float value : values) {
            if (!Float.isFinite(value)) {
                counts[row] = 0;
                return false;
            }
        }
        distribution[row] = wanted == StepBatch.DISTRIBUTION;
        int count = distribution[row] ? 0 : Math.min(wanted, vocabularySize);
        counts[row] = count;
        if (count > 0) {
            selectBest(values, count, firstToken, ids[row], best[row]);
        }
        return true;
    }

    /** Insertion into a sorted list: ids rise, so an equal logit goes behind. */
    private static void selectBest(float[] values, int count, int firstToken, int[] ids, float[] best) {
        int filled = 0;
        for (int i = 0; i < values.length; i++) {
            float value = values[i];
            if (filled == count && value <= best[count - 1]) {
                continue;
            }
            int place = filled < count ? filled++ : count - 1;
            while (place > 0 && best[place - 1] < value) {
                best[place] = best[place - 1];
                ids[place] = ids[place - 1];
                place--;
            }
            best[place] = value;
            ids[place] = firstToken + i;
        }
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
        return counts[row];
    }

    @Override
    public int id(int row, int index) {
        return ids[row][java.util.Objects.checkIndex(index, counts[row])];
    }

    @Override
    public float logit(int row, int index) {
        return best[row][java.util.Objects.checkIndex(index, counts[row])];
    }

    @Override
    public void copyLogits(int row, float[] destination) {
        if (!distribution[row]) {
            throw new IllegalStateException("output row " + row + ": only candidates were asked for");
        }
        System.arraycopy(logits(row), 0, destination, 0, vocabularySize);
    }
}
