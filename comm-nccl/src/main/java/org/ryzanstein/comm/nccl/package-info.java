/** Collectives through NCCL. */
@NullMarked
package org.ryzanstein.comm.nccl;

import org.jspecify.annotations.NullMarked;
