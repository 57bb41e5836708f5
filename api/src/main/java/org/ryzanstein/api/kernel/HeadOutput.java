package org.ryzanstein.api.kernel;

/**
 * What the output head returns for each row that was asked for: the best candidates, or all logits. Readable once the step
 * was awaited, until the next one is submitted.
 */
public interface HeadOutput {
    /** Rows that it has room for. */
    int maxRows();

    /** The most candidates that may be asked for. */
    int maxCandidates();

    int vocabularySize();

    /** Number of candidates of a row: as many as were wanted, or the whole vocabulary if that is smaller. */
    int count(int row);

    /** Token of candidate {@code index}: by falling logit, equal logits by rising id. */
    int id(int row, int index);

    float logit(int row, int index);

    /**
     * Copies all logits of a row whose distribution was asked for.
     *
     * @param destination receives {@link #vocabularySize()} logits
     * @throws IllegalStateException if only candidates were asked for
     */
    void copyLogits(int row, float[] destination);
}
