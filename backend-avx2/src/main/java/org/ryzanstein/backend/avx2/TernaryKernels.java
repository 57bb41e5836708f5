package org.ryzanstein.backend.avx2;

import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.backend.cpu.Parallel;
import org.ryzanstein.backend.cpu.TernaryInput;
import org.ryzanstein.backend.cpu.TernaryMatrix;
import org.ryzanstein.backend.cpu.WeightMemory;

/** Ternary weights in this instruction set's layout. */
final class TernaryKernels {
    private final ThreadLocal<NibbleScratch> scratch = ThreadLocal.withInitial(NibbleScratch::new);

    TernaryInput input(int rows, int columns) {
        return new NibbleInput(rows, columns);
    }

    TernaryMatrix pack(WeightSource.Ternary source, Parallel parallel, WeightMemory memory) {
        return NibbleMatrix.pack(source, parallel, memory, scratch);
    }
}
