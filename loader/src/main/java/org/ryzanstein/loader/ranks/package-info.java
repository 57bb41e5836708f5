/** How steps are run: in this process alone, or on all ranks of a group, with what happens when one of them dies. */
@NullMarked
package org.ryzanstein.loader.ranks;

import org.jspecify.annotations.NullMarked;
