package org.ryzanstein.backend.__isa__;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.ryzanstein.api.numerics.ContractMath;

class ExponentialTest {
    /** A prime, so that all low bits occur. */
    private static final int STEP = 40_009;

    @Test
    void hasTheBitsOfTheScalarDefinitionForFloatsOfAllMagnitudes() {
        float[] x = new float[Lanes.WORDS];
        float[] y = new float[Lanes.WORDS];
        for (long bits = 0; bits < 1L << Integer.SIZE; bits += (long) STEP * Lanes.WORDS) {
            for (int i = 0; i < x.length; i++) {
                x[i] = Float.intBitsToFloat((int) (bits + (long) STEP * i));
            }
            check(x, y);
        }
    }

    @Test
    void hasTheBitsOfTheScalarDefinitionAtItsLimits() {
        float[] limits = {-87f, 88f, 0f, -0f, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY};
        float[] x = new float[Lanes.WORDS];
        for (float limit : limits) {
            for (int i = 0; i < x.length; i += 3) {
                x[i] = limit;
                x[i + 1 < x.length ? i + 1 : i] = Math.nextUp(limit);
                x[i + 2 < x.length ? i + 2 : i] = Math.nextDown(limit);
            }
            check(x, new float[Lanes.WORDS]);
        }
    }

    private static void check(float[] x, float[] y) {
        System.arraycopy(x, 0, y, 0, x.length);
        Exponential.applyTo(y, 0, y.length, 0f);
        for (int i = 0; i < x.length; i++) {
            if (Float.floatToIntBits(y[i]) != Float.floatToIntBits(ContractMath.exp(x[i]))) {
                assertThat(y[i]).as("exp(%s)", x[i]).isEqualTo(ContractMath.exp(x[i]));
            }
        }
    }
}
