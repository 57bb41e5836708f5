/** The command line. */
@NullMarked
package org.ryzanstein.server.cli;

import org.jspecify.annotations.NullMarked;
