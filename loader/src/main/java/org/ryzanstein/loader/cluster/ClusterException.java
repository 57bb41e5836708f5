package org.ryzanstein.loader.cluster;

/** A group of ranks can't be formed, or what a peer says can't be right. */
public final class ClusterException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ClusterException(String message) {
        super(message);
    }

    public ClusterException(String message, Throwable cause) {
        super(message, cause);
    }
}
