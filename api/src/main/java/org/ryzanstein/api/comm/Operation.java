package org.ryzanstein.api.comm;

/**
 * Handle of an asynchronous operation. It is reused for a later operation once it was awaited: await each handle exactly once
 * and forget it.
 */
public interface Operation {
    /** Whether await would return or throw at once. Moves data, so that a loop over it comes to an end. */
    boolean isDone();

    /**
     * Waits for the end, at most until the operation's deadline.
     *
     * @throws CommunicationException if it failed
     */
    void await();
}
