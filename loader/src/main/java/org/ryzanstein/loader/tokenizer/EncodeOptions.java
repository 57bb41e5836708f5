package org.ryzanstein.loader.tokenizer;

/**
 * How a text is encoded.
 *
 * @param addBos add the special tokens that the model wants around a text: beginning-of-text, and end-of-text where the
 *     file asks for it; nothing if the file asks for none
 * @param parseSpecial recognise the spelling of control tokens ({@code <|eot_id|>}) in the text; without it such text is
 *     plain text, so that a user cannot forge a turn. Added tokens that are not special are recognised always.
 */
public record EncodeOptions(boolean addBos, boolean parseSpecial) {}
