package org.ryzanstein.comm.tcp;

import java.io.IOException;

/** The memory that is shared with a peer holds what no working peer leaves there. */
final class RingException extends IOException {
    private static final long serialVersionUID = 1;

    RingException(String message) {
        super(message);
    }
}
