package org.ryzanstein.benchmarks.peer;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Another engine with a model open. */
interface Peer {
    /** Says what it is: at least the field {@code backend}. */
    void describe(ObjectNode answer);

    /** Seconds from a prompt of so many tokens, other ones each time, to the first token after it. */
    double prefill(int tokens);

    /** Seconds for so many tokens after a prompt of one token and a first token. */
    double decode(int tokens);
}
