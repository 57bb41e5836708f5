package org.ryzanstein.server.bench;

/** A benchmark could not be run; the message says why. */
public final class BenchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    public BenchException(String message) {
        this(message, 1);
    }

    BenchException(String message, int exitCode) {
        super(message);
        this.exitCode = exitCode;
    }

    /** What the worker's process ended with, which says what kind of failure it was. */
    public int exitCode() {
        return exitCode;
    }
}
