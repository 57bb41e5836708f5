package org.ryzanstein.backend.avx2;

import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.backend.cpu.Parallel;
import org.ryzanstein.backend.cpu.TernaryMatrix;
import org.ryzanstein.backend.cpu.WeightMemory;

/** Ternary weights in this instruction set's layout. */
final class TernaryKernels {
    private final ThreadLocal<NibbleScratch> scratch = ThreadLocal.withInitial(NibbleScratch::new);

    TernaryMatrix pack(WeightSource.Ternary source, Parallel parallel, WeightMemory memory) {
        return NibbleMatrix.pack(source, parallel, memory, scratch);
    }
}
