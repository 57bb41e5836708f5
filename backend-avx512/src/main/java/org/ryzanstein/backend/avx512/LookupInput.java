package org.ryzanstein.backend.avx512;

import org.ryzanstein.backend.cpu.TernaryInput;

/** Quantised activations. Each thread builds its own tables from them, a chunk at a time, see {@link LookupScratch}. */
final class LookupInput extends TernaryInput {
    LookupInput(int rows, int columns) {
        super(rows, columns);
    }

    @Override
    protected void finish(int row) {
        // The digits are all that is needed.
    }
}
