package org.ryzanstein.comm.tcp;

import java.io.IOException;

/** A connection was refused, by this side or the other; there is no use in trying again. */
final class HandshakeException extends IOException {
    private static final long serialVersionUID = 1L;

    HandshakeException(String message) {
        super(message);
    }
}
