/** Reference kernels in plain Java, always available. */
@NullMarked
package org.ryzanstein.backend.scalar;

import org.jspecify.annotations.NullMarked;
