package org.ryzanstein.api.kernel;

/** A recorded sequence of operations, ready to run over any batch that fits its shape, again and again. */
public interface PreparedStep {
    StepShape shape();

    /**
     * After the step was awaited: whether this token's row met a value that was not finite. Such a row's results are
     * meaningless; other rows are not touched by it.
     *
     * @param token index of the token in the batch
     */
    boolean faulted(int token);
}
