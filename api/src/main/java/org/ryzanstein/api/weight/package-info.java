/** Canonical weight content: what the loader offers and a backend packs into its own layout. */
@NullMarked
package org.ryzanstein.api.weight;

import org.jspecify.annotations.NullMarked;
