package org.ryzanstein.loader.engine;

/** A request that was accepted. */
public interface Generation {
    /** Ends it at the next step; it then finishes as {@link FinishReason#CANCELLED} with what it has. Idempotent. */
    void cancel();

    boolean isDone();

    /**
     * Waits for the end.
     *
     * @throws GenerationException if it failed
     * @throws InterruptedException if this thread was interrupted; the generation goes on
     */
    GenerationResult await() throws InterruptedException;
}
