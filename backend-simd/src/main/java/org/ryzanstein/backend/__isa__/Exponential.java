package org.ryzanstein.backend.__isa__;

import jdk.incubator.vector.FloatVector;
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
            FloatVector v =
                    Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, x, i)).sub(minus);
            FloatVector magic = v.mul(LOG2_E).add(ROUND_MAGIC);
            FloatVector n = magic.sub(ROUND_MAGIC);
            FloatVector r = n.fma(
                    FloatVector.broadcast(Lanes.FLOATS, -LN2_LOW),
                    n.fma(FloatVector.broadcast(Lanes.FLOATS, -LN2_HIGH), v));
            FloatVector p = Lanes.FLOAT.cast(FloatVector.broadcast(Lanes.FLOATS, 1.9875691500e-4f));
            p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 1.3981999507e-3f));
            p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 8.3334519073e-3f));
            p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 4.1665795894e-2f));
            p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 1.6666665459e-1f));
            p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 5.0000001201e-1f));
            // 2^n: the low bits hold n, and those above an exponent's are shifted out.
            FloatVector power = Lanes.INT
                    .cast(magic.reinterpretAsInts())
                    .add(EXPONENT_BIAS)
                    .lanewise(VectorOperators.LSHL, EXPONENT_SHIFT)
                    .reinterpretAsFloats();
            p.fma(r.mul(r), r)
                    .add(1f)
                    .mul(power)
                    .blend(0f, v.compare(VectorOperators.LT, LOWEST))
                    .blend(Float.POSITIVE_INFINITY, v.compare(VectorOperators.GT, HIGHEST))
                    .intoArray(x, i);
        }
    }
}
