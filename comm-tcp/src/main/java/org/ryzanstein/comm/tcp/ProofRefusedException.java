package org.ryzanstein.comm.tcp;

import java.io.IOException;

/** The other side ended the connection when it had the proof: the secrets differ, or it had no time for one more stranger. */
final class ProofRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    ProofRefusedException(IOException cause) {
        super("the other side refused the proof: the secrets differ", cause);
    }
}
