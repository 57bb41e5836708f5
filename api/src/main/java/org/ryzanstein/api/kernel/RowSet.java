package org.ryzanstein.api.kernel;

/** What the rows of a buffer stand for, hence how many of them an operation of a step touches. */
public enum RowSet {
    /** One row for each token of the step's batch, in its order. */
    TOKENS,
    /** One row for each token whose output is wanted ({@link StepBatch#wanted(int)} is not zero), in batch order. */
    OUTPUTS
}
