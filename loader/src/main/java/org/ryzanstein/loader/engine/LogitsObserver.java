package org.ryzanstein.loader.engine;

/** Sees the model's raw logits, before penalties and temperature; called on the engine's thread. */
@FunctionalInterface
public interface LogitsObserver {
    /**
     * The logits that follow a position.
     *
     * @param position absolute position of the token that the logits predict the successor of
     * @param logits one a vocabulary entry; valid during the call only, must not be changed
     */
    void logits(int position, float[] logits);
}
