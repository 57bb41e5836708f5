package org.ryzanstein.loader.engine;

/**
 * Receives a generation as it grows, on the engine's delivery thread of this request, in order; a slow listener delays
 * nobody else. After {@code finished} or {@code failed}, one of which comes exactly once, nothing follows.
 */
public interface GenerationListener {
    /** Listens to nothing; for callers who only await the result. */
    GenerationListener NONE = new GenerationListener() {};

    /** A token was generated. */
    default void token(GeneratedToken token) {}

    /** The end. */
    default void finished(GenerationResult result) {}

    /** The generation failed. */
    default void failed(RuntimeException failure) {}
}
