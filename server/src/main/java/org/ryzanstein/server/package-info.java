/** The HTTP API. */
@NullMarked
package org.ryzanstein.server;

import org.jspecify.annotations.NullMarked;
