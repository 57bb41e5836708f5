package org.ryzanstein.loader.tokenizer;

/**
 * Turns a stream of tokens into text. What it returns are whole characters, never half a UTF-8 sequence or half a
 * surrogate pair; all pieces together equal {@link Tokenizer#decode}. For one thread at a time.
 */
public final class Detokenizer {
    private final Vocabulary vocabulary;
    private final boolean renderControl;
    private final Utf8Decoder decoder = new Utf8Decoder();

    Detokenizer(Vocabulary vocabulary, boolean renderControl) {
        this.vocabulary = vocabulary;
        this.renderControl = renderControl;
    }

    /** Takes the next token; returns the characters that are complete now, possibly none. */
    public String append(int id) {
        vocabulary.decode(id, renderControl, decoder);
        return decoder.take();
    }

    /** Ends the stream and returns what is left: U+FFFD for an unfinished character. The next token starts a new text. */
    public String flush() {
        decoder.finish();
        return decoder.take();
    }

    String decode(int[] ids) {
        for (int id : ids) {
            vocabulary.decode(id, renderControl, decoder);
        }
        return flush();
    }
}
