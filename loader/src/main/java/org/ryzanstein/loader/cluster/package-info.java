/** One model over several processes, as its users see it: how to lead a group of ranks or to be one, and what became of it. */
@NullMarked
package org.ryzanstein.loader.cluster;

import org.jspecify.annotations.NullMarked;
