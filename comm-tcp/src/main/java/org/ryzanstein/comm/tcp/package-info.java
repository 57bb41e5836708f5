/** Collectives over sockets. */
@NullMarked
package org.ryzanstein.comm.tcp;

import org.jspecify.annotations.NullMarked;
