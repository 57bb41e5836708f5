/** Looks at the machine and the JVM for what speeds the runtime up or holds it back. */
@NullMarked
package org.ryzanstein.server.doctor;

import org.jspecify.annotations.NullMarked;
