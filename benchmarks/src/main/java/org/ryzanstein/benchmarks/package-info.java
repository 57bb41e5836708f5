/** JMH benchmarks of single kernels through the kernel SPI. */
@NullMarked
package org.ryzanstein.benchmarks;

import org.jspecify.annotations.NullMarked;
