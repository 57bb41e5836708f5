package org.ryzanstein.backend.__isa__;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** The contract's e^x, a vector at a time; {@link org.ryzanstein.api.numerics.ContractMath#exp} explains it. */
final class Exponential {
    /** 1.5 * 2^23. Adding it rounds to an integer, which then stands in the low bits. */
    private static final float ROUND_MAGIC = 12582912f;

    private static final float LOG2_E = 1.442695041f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    private static final float LOWEST = -87f;
    private static final float HIGHEST = 88f;
    private static final int EXPONENT_BIAS = 127;
    private static final int EXPONENT_SHIFT = 23;

    private Exponential() {}

    /** x[i] = e^(x[i] - minus) for whole vectors that hold {@code count} elements from {@code from} on. */
    static void applyTo(float[] x, int from, int count, float minus) {
        for (int i = from; i < from + count; i += Lanes.WORDS) {
            FloatVector v = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, x, i));
            v = Lanes.FLOAT.cast(v.sub(minus));
            FloatVector magic = Lanes.FLOAT.cast(v.mul(LOG2_E));
            magic = Lanes.FLOAT.cast(magic.add(ROUND_MAGIC));
            FloatVector n = Lanes.FLOAT.cast(magic.sub(ROUND_MAGIC));
            FloatVector r = Lanes.FLOAT.cast(n.fma(
                    FloatVector.broadcast(Lanes.FLOATS, -LN2_LOW),
                    n.fma(FloatVector.broadcast(Lanes.FLOATS, -LN2_HIGH), v)));
            FloatVector p = Lanes.FLOAT.cast(FloatVector.broadcast(Lanes.FLOATS, 1.9875691500e-4f));
            p = Lanes.FLOAT.cast(p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 1.3981999507e-3f)));
            p = Lanes.FLOAT.cast(p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 8.3334519073e-3f)));
            p = Lanes.FLOAT.cast(p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 4.1665795894e-2f)));
            p = Lanes.FLOAT.cast(p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 1.6666665459e-1f)));
            p = Lanes.FLOAT.cast(p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 5.0000001201e-1f)));
            // 2^n: the low bits hold n, and those above an exponent's are shifted out.
            IntVector power = Lanes.INT.cast(magic.reinterpretAsInts());
            power = Lanes.INT.cast(power.add(EXPONENT_BIAS));
            power = Lanes.INT.cast(power.lanewise(VectorOperators.LSHL, EXPONENT_SHIFT));
            p = Lanes.FLOAT.cast(p.fma(r.mul(r), r));
            p = Lanes.FLOAT.cast(p.add(1f));
            p = Lanes.FLOAT.cast(p.mul(power.reinterpretAsFloats()));
            p = Lanes.FLOAT.cast(p.blend(0f, v.compare(VectorOperators.LT, LOWEST)));
            p = Lanes.FLOAT.cast(p.blend(Float.POSITIVE_INFINITY, v.compare(VectorOperators.GT, HIGHEST)));
            p.intoArray(x, i);
        }
    }
}
