package org.ryzanstein.backend.scalar;

import org.ryzanstein.api.kernel.RopeStyle;
import org.ryzanstein.api.kernel.RopeTable;

/** Rotation angles, shape (positions, dimension / 2) each. */
record HostRope(RopeStyle style, int positions, int dimension, float[] cos, float[] sin) implements RopeTable {

    /** Rotates one head in place; see {@link org.ryzanstein.api.kernel.StepRecorder#rope}. */
    void rotate(float[] x, int offset, int position) {
        int half = dimension / 2;
        int table = position * half;
        int step = style == RopeStyle.HALF_SPLIT ? 1 : 2;
        int partner = style == RopeStyle.HALF_SPLIT ? half : 1;
        for (int i = 0; i < half; i++) {
            int first = offset + i * step;
            float a = x[first];
            float b = x[first + partner];
            float c = cos[table + i];
            float s = sin[table + i];
            x[first] = Math.fma(a, c, -(b * s));
            x[first + partner] = Math.fma(b, c, a * s);
        }
    }
}
