package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Somebody who measures on request: in this process, or in a JVM of its own so that configurations can't disturb each other. */
public interface Worker extends AutoCloseable {
    /**
     * Does one thing.
     *
     * @param request an object whose field {@code op} says what
     * @return what was measured
     */
    ObjectNode ask(ObjectNode request);

    @Override
    void close();
}
