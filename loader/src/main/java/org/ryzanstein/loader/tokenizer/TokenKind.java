package org.ryzanstein.loader.tokenizer;

/** What a token is for; the order is that of GGUF's {@code tokenizer.ggml.token_type}, which counts from 1. */
enum TokenKind {
    /** Text that merges produce. */
    NORMAL,
    /** Stands for what has no token. */
    UNKNOWN,
    /** Steers the model and stands for no text. */
    CONTROL,
    /** Text that is matched as a whole, before any merging. */
    USER_DEFINED,
    /** A place in the vocabulary that means nothing. */
    UNUSED,
    /** One byte, spelled {@code <0x0A>}. */
    BYTE;

    /** Whether merges of a SentencePiece vocabulary can lead to, or begin with, tokens of this kind. */
    boolean isPiece() {
        return this == NORMAL || this == USER_DEFINED || this == UNUSED;
    }

    /** Whether tokens of this kind stand for text. */
    boolean isText() {
        return this == NORMAL || this == USER_DEFINED || this == BYTE;
    }
}
