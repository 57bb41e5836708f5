package org.ryzanstein.backend.avx2;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The contract's e^x, eight at a time; {@link org.ryzanstein.api.numerics.ContractMath#exp} explains it. It takes two loops, each
 * short enough for the compiler to keep its vectors in registers: in one, it made an object of each. For one thread.
 */
final class Exponential {
    /** Elements at a time. */
    static final int ROOM = 256;

    private static final float LOG2_E = 1.442695041f;
    private static final float ROUND_MAGIC = 12582912f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    private static final float LOWEST = -87f;
    private static final float HIGHEST = 88f;
    private static final int EXPONENT_BIAS = 127;
    private static final int EXPONENT_SHIFT = 23;

    private final float[] powers = new float[ROOM];

    /** x[i] = e^x[i] for whole vectors that hold the first {@code count} elements, at most {@value #ROOM}. */
    void applyTo(float[] x, int count) {
        reduce(x, count, powers);
        raise(x, count, powers);
    }

    /**
     * Leaves the remainder in x, and 2^n in powers: 0 and infinity where the result is one of them, 1 where x is
     * not a number.
     */
    private static void reduce(float[] x, int count, float[] powers) {
        for (int i = 0; i < count; i += Lanes.WORDS) {
            FloatVector v = FloatVector.fromArray(Lanes.FLOATS, x, i);
            FloatVector magic = v.mul(LOG2_E).add(ROUND_MAGIC);
            FloatVector n = magic.sub(ROUND_MAGIC);
            n.fma(vector(-LN2_LOW), n.fma(vector(-LN2_HIGH), v)).intoArray(x, i);
            powerOfTwo(magic)
                    .blend(0f, v.lt(LOWEST))
                    .blend(Float.POSITIVE_INFINITY, v.compare(VectorOperators.GT, HIGHEST))
                    .blend(1f, v.test(VectorOperators.IS_NAN))
                    .intoArray(powers, i);
        }
    }

    /** 2^n, where n stands in the low bits of 1.5 * 2^23 + n: those above an exponent's are shifted out. */
    private static FloatVector powerOfTwo(FloatVector magic) {
        IntVector bits = magic.reinterpretAsInts().add(EXPONENT_BIAS);
        return bits.lanewise(VectorOperators.LSHL, EXPONENT_SHIFT).reinterpretAsFloats();
    }

    /** x[i] = e^remainder * power. */
    private static void raise(float[] x, int count, float[] powers) {
        for (int i = 0; i < count; i += Lanes.WORDS) {
            FloatVector r = FloatVector.fromArray(Lanes.FLOATS, x, i);
            FloatVector power = FloatVector.fromArray(Lanes.FLOATS, powers, i);
            FloatVector p = vector(1.9875691500e-4f).fma(r, vector(1.3981999507e-3f));
            p = p.fma(r, vector(8.3334519073e-3f));
            p = p.fma(r, vector(4.1665795894e-2f));
            p = p.fma(r, vector(1.6666665459e-1f));
            p = p.fma(r, vector(5.0000001201e-1f));
            FloatVector y = p.fma(r.mul(r), r).add(1f).mul(power);
            y.blend(power, power.eq(0f).or(power.eq(Float.POSITIVE_INFINITY))).intoArray(x, i);
        }
    }

    private static FloatVector vector(float value) {
        return FloatVector.broadcast(Lanes.FLOATS, value);
    }
}
