/** How a provider of either SPI is probed, chosen or refused, and reported. */
@NullMarked
package org.ryzanstein.api.provider;

import org.jspecify.annotations.NullMarked;
