package org.ryzanstein.loader.progress;

/** Follows long work such as loading or writing a model. Called often, from the thread that works; it must be quick. */
@FunctionalInterface
public interface ProgressListener {
    /** Listens to nothing. */
    ProgressListener NONE = (stage, done, total) -> {};

    /**
     * Reports progress.
     *
     * @param stage what is being done, such as {@code "writing"}
     * @param done units done so far in this stage
     * @param total units of this stage
     */
    void progress(String stage, long done, long total);
}
