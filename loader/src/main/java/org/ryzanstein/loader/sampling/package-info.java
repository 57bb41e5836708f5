/** From logits to the next token: penalties, truncation, seeded draws, log-probabilities and stop strings. */
@NullMarked
package org.ryzanstein.loader.sampling;

import org.jspecify.annotations.NullMarked;
