/** The embeddable engine: requests in, tokens out, many sequences in one step batch. */
@NullMarked
package org.ryzanstein.loader.engine;

import org.jspecify.annotations.NullMarked;
