package org.ryzanstein.loader.tokenizer;

/** What becomes of the space that a text's first token begins with, since the encoder may have put it there. */
enum LeadingSpace {
    /** It stays. */
    KEPT,
    /** It is dropped once. */
    DROPPED,
    /** It is dropped from every token until something else has come. */
    DROPPED_UNTIL_TEXT;

    /**
     * @param prefix whether the encoder puts a space before a text
     * @param collapse whether it drops those that are there
     */
    static LeadingSpace of(boolean prefix, boolean collapse) {
        if (collapse) {
            return DROPPED_UNTIL_TEXT;
        }
        return prefix ? DROPPED : KEPT;
    }
}
