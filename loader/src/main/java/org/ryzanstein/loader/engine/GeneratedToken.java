package org.ryzanstein.loader.engine;

import java.util.Optional;
import org.ryzanstein.loader.sampling.Logprobs;

/**
 * One generated token.
 *
 * @param index 0 for the first generated token
 * @param text the text that this token completes; empty while a character or a possible stop string is unfinished, so the
 *     texts of all tokens joined, and {@link GenerationResult#tail}, are the result's text
 * @param logprobs if asked for
 */
public record GeneratedToken(int index, int id, String text, Optional<Logprobs> logprobs) {}
