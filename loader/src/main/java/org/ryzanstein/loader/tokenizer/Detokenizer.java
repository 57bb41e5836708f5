package org.ryzanstein.loader.tokenizer;

/**
 * Turns a stream of tokens into text. What it returns are whole characters, never half a UTF-8 sequence or half a
 * surrogate pair; all pieces together equal {@link Tokenizer#decode}. For one thread at a time.
 */
public final class Detokenizer {
    private final Vocabulary vocabulary;
    private final LeadingSpace leadingSpace;
    private final boolean renderControl;
    private final Utf8Decoder decoder = new Utf8Decoder();
    private boolean atStart;

    Detokenizer(Vocabulary vocabulary, LeadingSpace leadingSpace, boolean renderControl) {
        this.vocabulary = vocabulary;
        this.leadingSpace = leadingSpace;
        this.renderControl = renderControl;
        this.atStart = leadingSpace != LeadingSpace.KEPT;
    }

    /** Lets tokens precede the stream, whose text the caller has already; ids outside the vocabulary have none. */
    Detokenizer after(int[] ids) {
        for (int i = 0; i < ids.length && atStart; i++) {
            if (ids[i] >= 0 && ids[i] < vocabulary.size()) {
                spacesToDrop(ids[i]);
            }
        }
        return this;
    }

    /** Takes the next token; returns the characters that are complete now, possibly none. */
    public String append(int id) {
        decode(id);
        return decoder.take();
    }

    /** Ends the stream and returns what is left: U+FFFD for an unfinished character. The next token starts a new text. */
    public String flush() {
        decoder.finish();
        atStart = leadingSpace != LeadingSpace.KEPT;
        return decoder.take();
    }

    String decode(int[] ids) {
        for (int id : ids) {
            decode(id);
        }
        return flush();
    }

    private void decode(int id) {
        vocabulary.decode(id, renderControl, atStart ? spacesToDrop(id) : 0, decoder);
    }

    private int spacesToDrop(int id) {
        if (!renderControl && !vocabulary.isText(id)) {
            return 0;
        }
        int dropped = vocabulary.startsWithSpace(id) ? 1 : 0;
        atStart = leadingSpace == LeadingSpace.DROPPED_UNTIL_TEXT && vocabulary.byteCount(id) == dropped;
        return dropped;
    }
}
