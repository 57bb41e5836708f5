package org.ryzanstein.api.comm;

/** A collective or a message failed: a peer died, called something else, or missed the deadline. */
public final class CommunicationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** {@link #rank()} where no single rank is to blame. */
    public static final int NO_RANK = -1;

    private final int rank;

    public CommunicationException(int rank, String message, Throwable cause) {
        super(message, cause);
        this.rank = rank;
    }

    public CommunicationException(int rank, String message) {
        super(message);
        this.rank = rank;
    }

    /** The rank that failed, or {@link #NO_RANK}. */
    public int rank() {
        return rank;
    }
}
