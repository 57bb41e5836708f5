package org.ryzanstein.loader.tokenizer;

/** How the text of a normal token is spelled in a vocabulary. */
enum Spelling {
    /** In the {@link ByteAlphabet}. */
    BYTE_LEVEL,
    /** As it is, but for {@link SpaceRule#MARK} in place of spaces. */
    SENTENCE_PIECE
}
