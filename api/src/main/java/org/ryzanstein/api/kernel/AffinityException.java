package org.ryzanstein.api.kernel;

/** The system refuses to bind a thread to processors; the message has the function and its error. */
public final class AffinityException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public AffinityException(String message) {
        super(message);
    }
}
