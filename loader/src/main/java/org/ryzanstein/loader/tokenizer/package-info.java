/**
 * From text to token ids and back: byte-level BPE as published in GGUF files and in the hub's {@code tokenizer.json},
 * special tokens, and streaming detokenisation.
 */
@NullMarked
package org.ryzanstein.loader.tokenizer;

import org.jspecify.annotations.NullMarked;
