/** The communication SPI: collectives between the ranks of one model, in the terms of MPI and NCCL. */
@NullMarked
package org.ryzanstein.api.comm;

import org.jspecify.annotations.NullMarked;
