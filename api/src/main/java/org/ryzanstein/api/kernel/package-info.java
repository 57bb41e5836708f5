/** The kernel SPI: buffers, recorded operations, steps over a batch of tokens, and the backends behind them. */
@NullMarked
package org.ryzanstein.api.kernel;

import org.jspecify.annotations.NullMarked;
