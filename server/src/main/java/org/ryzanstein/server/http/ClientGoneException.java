package org.ryzanstein.server.http;

/** The client closed its connection; there is nobody left to answer. */
final class ClientGoneException extends Exception {
    private static final long serialVersionUID = 1L;

    ClientGoneException(String message) {
        super(message);
    }
}
