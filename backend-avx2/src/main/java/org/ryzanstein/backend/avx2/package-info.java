/** Kernels for 256-bit vectors by jdk.incubator.vector. */
@NullMarked
package org.ryzanstein.backend.avx2;

import org.jspecify.annotations.NullMarked;
