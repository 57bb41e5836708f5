/** The arithmetic of the numerics contract that every backend and the sampler share. */
@NullMarked
package org.ryzanstein.api.numerics;

import org.jspecify.annotations.NullMarked;
