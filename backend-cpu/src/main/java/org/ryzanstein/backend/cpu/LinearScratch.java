package org.ryzanstein.backend.cpu;

import java.util.Arrays;

/** Room that the linear layers of one recorded step share, since no two of them run at a time. */
final class LinearScratch {
    private final CpuKernels kernels;
    private final BlockDigits digits = new BlockDigits();
    private final BlockScratch[] blockScratch;
    private final float[][] decoded;

    /** For so many threads. */
    LinearScratch(CpuKernels kernels, int members) {
        this.kernels = kernels;
        this.blockScratch = new BlockScratch[members];
        Arrays.setAll(blockScratch, member -> new BlockScratch());
        this.decoded = new float[members][0];
    }

    CpuKernels kernels() {
        return kernels;
    }

    /** Quantised activations. */
    BlockDigits digits() {
        return digits;
    }

    /** What a thread needs to multiply blocks. */
    BlockScratch block(int member) {
        return blockScratch[member];
    }

    /** Makes room for the sums of so many rows of activations; called while a step is recorded. */
    void reserveSums(int rows) {
        for (BlockScratch own : blockScratch) {
            own.reserve(rows);
        }
    }

    /** Makes room for decoded weights; called while a step is recorded. */
    void reserveDecoded(int floats) {
        for (int member = 0; member < decoded.length; member++) {
            if (decoded[member].length < floats) {
                decoded[member] = new float[floats];
            }
        }
    }

    /** Decoded weights of a thread. */
    float[] decoded(int member) {
        return decoded[member];
    }
}
