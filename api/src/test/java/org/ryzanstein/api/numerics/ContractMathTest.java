package org.ryzanstein.api.numerics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.contract.NaiveKernels;

class ContractMathTest {
    /** The bound that {@link ContractMath#exp} states. */
    private static final double EXP_ERROR = 1e-7;

    @Test
    void expStaysWithinItsStatedError() {
        double largest = 0;
        float worst = 0f;
        for (float x : new float[] {-87f, 88f}) {
            // A prime step through the bits of all floats between 0 and the limit.
            for (int bits = 0; bits <= Float.floatToRawIntBits(Math.abs(x)); bits += 1009) {
                float argument = Math.copySign(Float.intBitsToFloat(bits), x);
                double error = relativeError(argument);
                if (error > largest) {
                    largest = error;
                    worst = argument;
                }
            }
        }
        assertThat(largest).as("relative error at " + worst).isLessThan(EXP_ERROR);
    }

    @Test
    void expStaysWithinItsStatedErrorOnAFineGrid() {
        double largest = 0;
        for (int i = -87 * 4096; i <= 88 * 4096; i++) {
            largest = Math.max(largest, relativeError(i / 4096f));
        }
        assertThat(largest).isLessThan(EXP_ERROR);
    }

    private static double relativeError(float x) {
        double exact = StrictMath.exp(x);
        return Math.abs(ContractMath.exp(x) - exact) / exact;
    }

    @Test
    void expHasExactEnds() {
        assertThat(ContractMath.exp(0f)).isEqualTo(1f);
        assertThat(ContractMath.exp(-0f)).isEqualTo(1f);
        assertThat(ContractMath.exp(Math.nextDown(-87f))).isEqualTo(0f);
        assertThat(ContractMath.exp(-87f)).isGreaterThan(Float.MIN_NORMAL);
        assertThat(ContractMath.exp(88f)).isFinite();
        assertThat(ContractMath.exp(Math.nextUp(88f))).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(ContractMath.exp(Float.NEGATIVE_INFINITY)).isEqualTo(0f);
        assertThat(ContractMath.exp(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(ContractMath.exp(Float.NaN)).isNaN();
    }

    @Test
    void expEqualsTheOracle() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 200_000; i++) {
            float x = Float.intBitsToFloat(random.nextInt());
            float inside = (random.nextFloat() - 0.5f) * 180f;
            assertSameAsOracle(x);
            assertSameAsOracle(inside);
        }
    }

    private static void assertSameAsOracle(float x) {
        assertThat(Float.floatToIntBits(ContractMath.exp(x)))
                .as("bits of exp(" + x + ")")
                .isEqualTo(Float.floatToIntBits(NaiveKernels.exp(x)));
    }

    @Test
    void roundsToTheNearestIntegerAndTiesToEven() {
        for (float x :
                new float[] {0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 126.5f, 127.49999f, -127f, 4194303.5f, 1e-40f}) {
            assertThat(ContractMath.roundToInteger(x)).as("rounded " + x).isEqualTo((float) Math.rint(x) + 0f);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 15, 16, 17, 31, 32, 33, 100, 128, 257})
    void dotEqualsTheOracle(int length) {
        SplittableRandom random = new SplittableRandom(length);
        float[] a = new float[length + 3];
        float[] b = new float[length + 5];
        for (int i = 0; i < length; i++) {
            a[i + 3] = (float) random.nextGaussian();
            b[i + 5] = (float) random.nextGaussian();
        }
        float expected = NaiveKernels.dot(Arrays.copyOfRange(a, 3, length + 3), Arrays.copyOfRange(b, 5, length + 5));
        assertThat(ContractMath.dot(a, 3, b, 5, length)).isEqualTo(expected);
    }

    @Test
    void dotDependsOnTheOrderThatTheContractFixes() {
        // In lane 0: 1e8, then 1, which is lost; in lane 1: -1e8. A sum in plain order would keep the 1.
        float[] a = new float[32];
        float[] ones = new float[32];
        Arrays.fill(ones, 1f);
        a[0] = 1e8f;
        a[1] = -1e8f;
        a[16] = 1f;
        assertThat(ContractMath.dot(a, 0, ones, 0, 32)).isEqualTo(0f);
    }

    @Test
    void treeSumsLanesByHalving() {
        SplittableRandom random = new SplittableRandom(2);
        for (int round = 0; round < 1000; round++) {
            float[] lanes = new float[20];
            for (int i = 0; i < 20; i++) {
                lanes[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(8)));
            }
            float expected = NaiveKernels.tree(Arrays.copyOfRange(lanes, 2, 18));
            assertThat(ContractMath.treeSum(lanes, 2)).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 255, 256, 257, 1000})
    void sumsExponentialsInBlocks(int length) {
        SplittableRandom random = new SplittableRandom(length);
        float[] logits = new float[length + 10];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) random.nextGaussian() * 5f;
        }
        float expected = 0f;
        for (int block = 0; block * 256 < length; block++) {
            float sum = 0f;
            for (int i = block * 256; i < Math.min(length, block * 256 + 256); i++) {
                sum += NaiveKernels.exp(logits[i] - 12f);
            }
            expected += sum;
        }
        assertThat(ContractMath.sumOfExponentials(logits, length, 12f)).isEqualTo(expected);
    }
}
