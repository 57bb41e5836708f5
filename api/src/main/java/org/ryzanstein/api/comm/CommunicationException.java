package org.ryzanstein.api.comm;

/** A collective or a message failed: a peer died, called something else, or missed the deadline. */
public final class CommunicationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** {@link #rank()} where no single rank is to blame. */
    public static final int NO_RANK = -1;

    /** What went wrong. */
    public enum Kind {
        /** A rank's connection closed, or no sign of life came for too long. */
        RANK_DEAD,
        /** A rank did not take part in time, though it lives. */
        DEADLINE,
        /** A rank called another operation, size or type. */
        MISMATCH,
        /** A rank called abort, or this one did. */
        ABORTED,
        /** What a peer sent is damaged or follows no protocol. */
        PROTOCOL,
        /** The group could not be formed: a peer is missing, does not know the secret, or another model or plan is loaded. */
        REFUSED
    }

    private final Kind kind;
    private final int rank;

    public CommunicationException(Kind kind, int rank, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.rank = rank;
    }

    public CommunicationException(Kind kind, int rank, String message) {
        super(message);
        this.kind = kind;
        this.rank = rank;
    }

    public Kind kind() {
        return kind;
    }

    /**
     * The rank that failed, the lowest one where there are several, or {@link #NO_RANK}. It is a rank of the whole formation,
     * also in a group.
     */
    public int rank() {
        return rank;
    }
}
