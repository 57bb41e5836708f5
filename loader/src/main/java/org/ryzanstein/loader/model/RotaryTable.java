package org.ryzanstein.loader.model;

import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.RopeStyle;
import org.ryzanstein.api.kernel.RopeTable;

/** Rotation angles position * base^(-2i / dimension), in double precision by StrictMath, cosine and sine rounded once. */
final class RotaryTable {
    private RotaryTable() {}

    static RopeTable pack(KernelBackend backend, RopeStyle style, int positions, int dimension, float base) {
        int half = dimension / 2;
        float[] cos = new float[Math.multiplyExact(positions, half)];
        float[] sin = new float[cos.length];
        for (int i = 0; i < half; i++) {
            double frequency = StrictMath.pow(base, -2.0 * i / dimension);
            for (int position = 0; position < positions; position++) {
                double angle = position * frequency;
                cos[position * half + i] = (float) StrictMath.cos(angle);
                sin[position * half + i] = (float) StrictMath.sin(angle);
            }
        }
        return backend.packRope(style, positions, dimension, cos, sin);
    }
}
