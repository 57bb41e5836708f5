/**
 * From text to token ids and back: byte-level BPE and SentencePiece BPE as published in GGUF files, in the hub's
 * {@code tokenizer.json} and in {@code tokenizer.model}, special tokens, and streaming detokenisation.
 */
@NullMarked
package org.ryzanstein.loader.tokenizer;

import org.jspecify.annotations.NullMarked;
