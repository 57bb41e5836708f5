/** Kernels for 512-bit vectors by jdk.incubator.vector. */
@NullMarked
package org.ryzanstein.backend.avx512;

import org.jspecify.annotations.NullMarked;
