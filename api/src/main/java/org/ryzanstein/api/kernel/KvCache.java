package org.ryzanstein.api.kernel;

/**
 * Keys and values of all sequences, in blocks owned by a backend. The loader gives block numbers to sequences; the table from
 * a sequence's positions to blocks travels in the {@link StepBatch}.
 */
public interface KvCache extends AutoCloseable {
    KvSpec spec();

    @Override
    void close();
}
