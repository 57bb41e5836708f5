package org.ryzanstein.backend.avx512;

import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.backend.cpu.Parallel;
import org.ryzanstein.backend.cpu.TernaryMatrix;
import org.ryzanstein.backend.cpu.WeightMemory;

/** Ternary weights in this instruction set's layout. */
final class TernaryKernels {
    private final ThreadLocal<LookupScratch> scratch = ThreadLocal.withInitial(LookupScratch::new);

    TernaryMatrix pack(WeightSource.Ternary source, Parallel parallel, WeightMemory memory) {
        return LookupMatrix.pack(source, parallel, memory, scratch);
    }
}
