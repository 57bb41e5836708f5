package org.ryzanstein.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.kernel.GateKind;
import org.ryzanstein.api.kernel.RopeStyle;
import org.ryzanstein.api.weight.WeightSource.FloatFormat;
import org.ryzanstein.contract.NaiveKernels.BlockWeights;
import org.ryzanstein.contract.NaiveKernels.Candidate;

/** The oracle itself, on examples worked out by hand. */
class NaiveKernelsTest {
    @Test
    void quantisesByTheLargestMagnitude() {
        float[][] in = {{1f, -2f, 0.5f, -0f}};
        float[][] statistics = NaiveKernels.normStatistics(in, null, 128);
        assertThat(statistics[0]).containsExactly(2f, 5.25f);
        NaiveKernels.Quantized quantized = NaiveKernels.quantize(in, null, statistics, 4, 1e-5f);
        // 127 / 2 = 63.5: a tie, which goes to the even neighbour.
        assertThat(quantized.digits()[0]).containsExactly(64, -127, 32, 0);
        assertThat(quantized.factors()[0]).isEqualTo(2f / 127f);
        assertThat(quantized.faulted()[0]).isFalse();
    }

    @Test
    void neverScalesUpBeyondItsLeastMagnitude() {
        float[][] in = {{1e-6f, 0f}};
        NaiveKernels.Quantized quantized =
                NaiveKernels.quantize(in, null, NaiveKernels.normStatistics(in, null, 128), 2, 1e-5f);
        assertThat(quantized.digits()[0]).containsExactly(13, 0);
        assertThat(quantized.factors()[0]).isEqualTo(1e-5f / 127f);
    }

    @Test
    void quantisesTheNormalisedRowWhereThereIsAGain() {
        float[][] in = {{3f, 4f}};
        float[] gain = {2f, -1f};
        float[][] statistics = NaiveKernels.normStatistics(in, gain, 128);
        assertThat(statistics[0]).containsExactly(6f, 25f);
        NaiveKernels.Quantized quantized = NaiveKernels.quantize(in, gain, statistics, 2, 0f);
        assertThat(quantized.digits()[0]).containsExactly(127, -85);
        assertThat(quantized.factors()[0]).isEqualTo(6f * (1f / (float) Math.sqrt(12.5f)) / 127f);
    }

    @Test
    void cutsSumsOfSquaresIntoBlocks() {
        float[] row = {1f, 2f, 3f, 4f, 5f};
        assertThat(NaiveKernels.squares(row, 0, 5, 2)).containsExactly(5f, 25f, 25f);
        assertThat(NaiveKernels.squares(row, 1, 4, 128)).containsExactly(29f);
    }

    @Test
    void multipliesAndRescales() {
        int[][] sums = NaiveKernels.multiply(new byte[][] {{127, -127, 3}}, new byte[][] {{1, -1, 0}, {-1, 0, 1}});
        assertThat(sums[0]).containsExactly(254, -124);
        assertThat(NaiveKernels.rescale(sums, new float[] {0.5f}, new float[] {2f, 4f})[0])
                .containsExactly(254f, -248f);
    }

    @Test
    void rotatesPairsOfBothStyles() {
        float[][] x = {{1f, 2f, 3f, 4f, 9f}};
        float[][] zero = {{0f, 0f}};
        float[][] one = {{1f, 1f}};
        int[] positions = {0};
        assertThat(NaiveKernels.rope(x, positions, 5, RopeStyle.HALF_SPLIT, zero, one)[0])
                .containsExactly(-3f, -4f, 1f, 2f, 9f);
        assertThat(NaiveKernels.rope(x, positions, 5, RopeStyle.INTERLEAVED, zero, one)[0])
                .containsExactly(-2f, 1f, -4f, 3f, 9f);
    }

    @Test
    void gatesByBothFunctions() {
        float[][] gate = {{-1f, 2f, 0f}};
        float[][] up = {{5f, 3f, 7f}};
        assertThat(NaiveKernels.gate(GateKind.SQUARED_RELU, gate, up)[0]).containsExactly(0f, 12f, 0f);
        float[] silu = NaiveKernels.gate(GateKind.SILU, gate, up)[0];
        assertThat((double) silu[1]).isCloseTo(6 / (1 + Math.exp(-2)), offset(1e-6));
        assertThat(silu[2]).isZero();
    }

    @Test
    void normalisesEachGroup() {
        float[][] out = NaiveKernels.rmsNorm(new float[][] {{3f, 3f, -5f, 5f}}, new float[] {1f, 2f}, 0f);
        assertThat(out[0]).containsExactly(1f, 2f, -1f, 2f);
    }

    @Test
    void attendsToTheMeanOfValuesWhereKeysAreEqual() {
        int positions = 600;
        float[][] keys = new float[positions][2];
        float[][] values = new float[positions][2];
        for (int p = 0; p < positions; p++) {
            Arrays.fill(keys[p], 1f);
            values[p][0] = p;
            values[p][1] = 7f;
        }
        float[] out =
                NaiveKernels.attention(new float[] {1f, 1f}, List.of(keys), List.of(values), new int[] {0}, 2, 0.5f);
        assertThat(out[0]).isEqualTo(299.5f, offset(1e-4f));
        assertThat(out[1]).isEqualTo(7f, offset(1e-5f));
    }

    @Test
    void quantisesActivationsPerBlock() {
        float[][] in = new float[1][64];
        Arrays.fill(in[0], 0, 32, 1f);
        Arrays.fill(in[0], 32, 64, 1e-31f);
        byte[][] quants = new byte[1][64];
        Arrays.fill(quants[0], (byte) 2);
        byte[][] ones = {{1, 1, 1, 1}};
        BlockWeights weights = new BlockWeights(quants, ones, new float[][] {{0.5f, 1e30f}}, ones, new float[1][0]);
        float[] out = NaiveKernels.linear(in, weights)[0];
        assertThat(out[0]).isEqualTo(8128f * (0.5f * (1f / 127f)));
    }

    @Test
    void scalesHalfBlocksAndSubtractsMinima() {
        float[][] in = new float[1][32];
        Arrays.fill(in[0], 0, 16, 127f);
        Arrays.fill(in[0], 16, 32, -127f);
        byte[][] quants = new byte[1][32];
        Arrays.fill(quants[0], (byte) 3);
        BlockWeights weights = new BlockWeights(
                quants, new byte[][] {{10, -5}}, new float[][] {{0.5f}}, new byte[][] {{7, 2}}, new float[][] {{0.25f}
                });
        // A unit of activation is 1: 16 * 127 * 3 * (10 + 5) * 0.5, less 16 * 127 * (7 - 2) * 0.25.
        assertThat(NaiveKernels.linear(in, weights)[0]).containsExactly(45720f - 2540f);
        float[] values = NaiveKernels.decode(weights)[0];
        assertThat(Arrays.copyOf(values, 16)).containsOnly(15f - 1.75f);
        assertThat(Arrays.copyOfRange(values, 16, 32)).containsOnly(-7.5f - 0.5f);
    }

    @Test
    void refusesSumsThatAFloatWouldRound() {
        float[][] in = new float[1][32];
        Arrays.fill(in[0], 1f);
        byte[][] quants = new byte[1][32];
        Arrays.fill(quants[0], (byte) -128);
        BlockWeights weights = new BlockWeights(
                quants, new byte[][] {{-128, -128}}, new float[][] {{1f}}, new byte[1][2], new float[1][0]);
        assertThatThrownBy(() -> NaiveKernels.linear(in, weights)).isInstanceOf(AssertionError.class);
    }

    @Test
    void ordersCandidates() {
        float[] logits = {0f, 3f, -0f, 3f, 9f};
        assertThat(NaiveKernels.candidates(logits, 9, 100))
                .extracting(Candidate::id)
                .containsExactly(104, 101, 103, 100, 102);
        assertThat(NaiveKernels.candidates(logits, 1, 0)).containsExactly(new Candidate(4, 9f));
    }

    @Test
    void generatorsGiveValuesOfTheFormat() {
        for (FloatFormat format : FloatFormat.values()) {
            for (float[] row : new Numbers(3).ofFormat(format, 20, 50, 1f)) {
                for (float value : row) {
                    float back = switch (format) {
                        case FLOAT32 -> value;
                        case FLOAT16 -> Float.float16ToFloat(Float.floatToFloat16(value));
                        case BFLOAT16 -> Float.intBitsToFloat(Float.floatToRawIntBits(value) >> 16 << 16);
                    };
                    assertThat(back).isEqualTo(value);
                }
            }
        }
    }
}
