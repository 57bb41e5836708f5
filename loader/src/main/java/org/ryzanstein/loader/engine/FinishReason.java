package org.ryzanstein.loader.engine;

/** Why a generation ended. */
public enum FinishReason {
    /** An end-of-turn token or a stop string. */
    STOP,
    /** The most tokens asked for, or the end of the context. */
    LENGTH,
    /** {@link Generation#cancel}. */
    CANCELLED
}
