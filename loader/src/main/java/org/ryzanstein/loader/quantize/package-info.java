/** Writes a model in smaller types, and reports what that cost. */
@NullMarked
package org.ryzanstein.loader.quantize;

import org.jspecify.annotations.NullMarked;
