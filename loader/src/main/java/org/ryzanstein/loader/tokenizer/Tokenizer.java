package org.ryzanstein.loader.tokenizer;

import java.util.OptionalInt;
import java.util.Set;

/**
 * A model's vocabulary and the rules that cut text into its tokens. Immutable and safe for use by several threads; every
 * method that takes a token id throws {@link IllegalArgumentException} for an id outside the vocabulary.
 */
public interface Tokenizer {
    /** Number of ids; a model's output head may be wider, its further columns stand for no token. */
    int vocabularySize();

    /**
     * The token ids of a text. Unpaired surrogates count as U+FFFD.
     *
     * @throws org.ryzanstein.loader.format.ModelFormatException if the vocabulary has no token for a byte of the text
     */
    int[] encode(String text, EncodeOptions options);

    /** The vocabulary's own spelling, such as {@code Ġthe} or {@code <|eot_id|>}. */
    String token(int id);

    /** The bytes that a token stands for in text, possibly a part of a character; none for control tokens. */
    byte[] bytes(int id);

    /** Whether the token stands for no text: control tokens, the unknown token, and unused places of the vocabulary. */
    boolean isControl(int id);

    /** The beginning-of-text token that the file names. */
    OptionalInt bos();

    /** The end-of-text token that the file names. */
    OptionalInt eos();

    /** Every token that ends an answer: those the file names, and those known by their spelling. */
    Set<Integer> endOfGeneration();

    /** The text of a sequence of tokens; invalid UTF-8 becomes U+FFFD. Control tokens are left out unless rendered. */
    String decode(int[] ids, boolean renderControl);

    /** Decodes token by token. */
    Detokenizer detokenizer(boolean renderControl);

    /**
     * Decodes token by token what follows a prompt. The text of the prompt and what the detokenizer returns make up the
     * text of all tokens together: where a text's first space is dropped, an answer's first space stays.
     */
    Detokenizer detokenizerAfter(int[] prompt, boolean renderControl);

    /** One line for people: kind, pre-tokenizer, size. */
    String describe();
}
