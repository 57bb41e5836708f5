package org.ryzanstein.backend.avx2;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** The contract's e^x, eight at a time; {@link org.ryzanstein.api.numerics.ContractMath#exp} explains it. */
final class Exponential {
    private static final float LOG2_E = 1.442695041f;
    private static final float ROUND_MAGIC = 12582912f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    private static final float LOWEST = -87f;
    private static final float HIGHEST = 88f;
    private static final int EXPONENT_BIAS = 127;
    private static final int EXPONENT_SHIFT = 23;

    private Exponential() {}

    /** Of each lane. */
    static FloatVector exp(FloatVector x) {
        FloatVector magic = x.mul(LOG2_E).add(ROUND_MAGIC);
        FloatVector y = polynomial(remainder(x, magic.sub(ROUND_MAGIC))).mul(powerOfTwo(magic));
        return y.blend(0f, x.lt(LOWEST)).blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, HIGHEST));
    }

    private static FloatVector remainder(FloatVector x, FloatVector n) {
        return n.fma(vector(-LN2_LOW), n.fma(vector(-LN2_HIGH), x));
    }

    private static FloatVector polynomial(FloatVector r) {
        FloatVector p = vector(1.9875691500e-4f).fma(r, vector(1.3981999507e-3f));
        p = p.fma(r, vector(8.3334519073e-3f));
        p = p.fma(r, vector(4.1665795894e-2f));
        p = p.fma(r, vector(1.6666665459e-1f));
        p = p.fma(r, vector(5.0000001201e-1f));
        return p.fma(r.mul(r), r).add(1f);
    }

    /** 2^n, where n stands in the low bits of 1.5 * 2^23 + n: those above an exponent's are shifted out. */
    private static FloatVector powerOfTwo(FloatVector magic) {
        IntVector bits = magic.reinterpretAsInts().add(EXPONENT_BIAS);
        return bits.lanewise(VectorOperators.LSHL, EXPONENT_SHIFT).reinterpretAsFloats();
    }

    private static FloatVector vector(float value) {
        return FloatVector.broadcast(Lanes.FLOATS, value);
    }
}
