package org.ryzanstein.loader.engine;

/** Told how far a long piece of work has come; called from any thread, often. */
@FunctionalInterface
public interface ProgressListener {
    ProgressListener NONE = (stage, done, total) -> {};

    /**
     * Progress of a stage.
     *
     * @param stage what is being done, such as {@code packing weights}
     * @param done units done, the last call has done = total
     * @param total all units: bytes or steps
     */
    void progress(String stage, long done, long total);
}
