/** The architectures: weights on a backend, and the forward pass over them. */
@NullMarked
package org.ryzanstein.loader.model;

import org.jspecify.annotations.NullMarked;
