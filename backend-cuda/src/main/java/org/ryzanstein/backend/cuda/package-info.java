/** Kernels for NVIDIA GPUs through the CUDA driver API. */
@NullMarked
package org.ryzanstein.backend.cuda;

import org.jspecify.annotations.NullMarked;
