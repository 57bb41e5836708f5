/** Where compute threads run: how processors lie on cores and memory nodes, and how the members of a team are bound to them. */
@NullMarked
package org.ryzanstein.loader.affinity;

import org.jspecify.annotations.NullMarked;
