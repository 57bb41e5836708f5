/** Leads the JDK's System.Logger to Log4j, which is started by the first message only. */
@NullMarked
package org.ryzanstein.server.logging;

import org.jspecify.annotations.NullMarked;
