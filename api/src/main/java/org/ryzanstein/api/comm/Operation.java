package org.ryzanstein.api.comm;

/** Handle of an asynchronous operation. */
public interface Operation {
    boolean isDone();

    /**
     * Waits for the end, at most until the operation's deadline.
     *
     * @throws CommunicationException if it failed
     */
    void await();
}
