/** The facade of the embeddable engine. */
@NullMarked
package org.ryzanstein.loader;

import org.jspecify.annotations.NullMarked;
