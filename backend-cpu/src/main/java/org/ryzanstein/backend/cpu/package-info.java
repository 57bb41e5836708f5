/**
 * What the CPU backends share: buffers, paged KV cache, recorded steps run by a thread team. A backend adds the kernels of its
 * instruction set ({@link org.ryzanstein.backend.cpu.CpuKernels}).
 */
@NullMarked
package org.ryzanstein.backend.cpu;

import org.jspecify.annotations.NullMarked;
