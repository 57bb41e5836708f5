package org.ryzanstein.contract;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.GateKind;
import org.ryzanstein.api.kernel.RopeStyle;

/**
 * The oracle: each operation of a step as plain loops, written from docs/numerics.md and sharing nothing with any backend.
 * Matrices are arrays of rows. Speed does not matter here; being obviously what the contract says does.
 */
public final class NaiveKernels {
    private NaiveKernels() {}

    /**
     * The int8 form of activations.
     *
     * @param digits [row][column]
     * @param factors what a digit of the row is worth
     * @param faulted rows that hold a value that is not finite
     */
    public record Quantized(byte[][] digits, float[] factors, boolean[] faulted) {}

    /**
     * Weights in blocks of 32, {@code [row][..]}: a quant for each column, a sub-scale and a sub-minimum for each 16, a scale
     * and a minimum for each 32. Rows of minima are empty where there are none.
     */
    public record BlockWeights(
            byte[][] quants, byte[][] subScales, float[][] scales, byte[][] subMinima, float[][] minima) {}

    /** A candidate of the output head. */
    public record Candidate(int id, float logit) {}

    // ---- primitives

    /** Lane i takes lane i + 8, then i + 4, i + 2, i + 1. */
    public static float tree(float[] lanes) {
        float[] eight = new float[8];
        for (int i = 0; i < 8; i++) {
            eight[i] = lanes[i] + lanes[i + 8];
        }
        float[] four = new float[4];
        for (int i = 0; i < 4; i++) {
            four[i] = eight[i] + eight[i + 4];
        }
        return (four[0] + four[2]) + (four[1] + four[3]);
    }

    /** Element k goes to lane k mod 16. */
    public static float dot(float[] a, float[] b) {
        float[] lanes = new float[16];
        for (int k = 0; k < a.length; k++) {
            lanes[k % 16] = Math.fma(a[k], b[k], lanes[k % 16]);
        }
        return tree(lanes);
    }

    /** Element d goes to lane d mod 4; (l0 + l1) + (l2 + l3). */
    public static float attentionDot(float[] q, int qOffset, float[] k, int kOffset, int length) {
        float[] lanes = new float[4];
        for (int d = 0; d < length; d++) {
            lanes[d % 4] = Math.fma(q[qOffset + d], k[kOffset + d], lanes[d % 4]);
        }
        return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    }

    /** Sums of squares of the blocks of a row; elements count from the block's start. */
    public static float[] squares(float[] row, int from, int to, int blockSize) {
        int blocks = (to - from + blockSize - 1) / blockSize;
        float[] sums = new float[blocks];
        for (int b = 0; b < blocks; b++) {
            int start = from + b * blockSize;
            int end = Math.min(to, start + blockSize);
            float[] lanes = new float[16];
            for (int i = start; i < end; i++) {
                lanes[(i - start) % 16] = Math.fma(row[i], row[i], lanes[(i - start) % 16]);
            }
            sums[b] = tree(lanes);
        }
        return sums;
    }

    /** The polynomial e^x. */
    public static float exp(float x) {
        if (x < -87f) {
            return 0f;
        }
        if (x > 88f) {
            return Float.POSITIVE_INFINITY;
        }
        float n = (float) Math.rint(x * 1.44269504f);
        float r = Math.fma(n, -0.693359375f, x);
        r = Math.fma(n, 2.12194440e-4f, r);
        float[] coefficients = {
            1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f
        };
        float p = coefficients[0];
        for (int i = 1; i < coefficients.length; i++) {
            p = Math.fma(p, r, coefficients[i]);
        }
        float square = r * r;
        float y = Math.fma(p, square, r) + 1f;
        return y * (float) Math.pow(2, n);
    }

    private static float inverseRoot(float sumOfSquares, int columns, float epsilon) {
        float mean = sumOfSquares / columns;
        return 1f / (float) Math.sqrt(mean + epsilon);
    }

    // ---- operations

    /** {@code embed}. */
    public static float[][] embed(float[][] table, int[] ids) {
        return Arrays.stream(ids).mapToObj(id -> table[id].clone()).toArray(float[][]::new);
    }

    /** {@code normStatistics}. */
    public static float[][] normStatistics(float[][] in, float @Nullable [] gain, int blockSize) {
        float[][] out = new float[in.length][];
        for (int row = 0; row < in.length; row++) {
            float max = 0f;
            for (int i = 0; i < in[row].length; i++) {
                max = Math.max(max, Math.abs(gain == null ? in[row][i] : in[row][i] * gain[i]));
            }
            float[] blocks = squares(in[row], 0, in[row].length, blockSize);
            out[row] = new float[1 + blocks.length];
            out[row][0] = max;
            System.arraycopy(blocks, 0, out[row], 1, blocks.length);
        }
        return out;
    }

    /** {@code quantize}. */
    public static Quantized quantize(
            float[][] in, float @Nullable [] gain, float[][] statistics, int normColumns, float epsilon) {
        byte[][] digits = new byte[in.length][];
        float[] factors = new float[in.length];
        boolean[] faulted = new boolean[in.length];
        for (int row = 0; row < in.length; row++) {
            digits[row] = new byte[in[row].length];
            float max = statistics[row][0];
            float sum = 0f;
            for (int b = 1; b < statistics[row].length; b++) {
                sum += statistics[row][b];
            }
            float r = gain == null ? 1f : inverseRoot(sum, normColumns, epsilon);
            float a = max * r;
            faulted[row] = !Float.isFinite(max) || !Float.isFinite(a) || (gain != null && !Float.isFinite(sum));
            if (faulted[row]) {
                continue;
            }
            float s = a >= 1e-5f ? 127f / max : (127f / 1e-5f) * r;
            for (int i = 0; i < in[row].length; i++) {
                float t = gain == null ? in[row][i] : in[row][i] * gain[i];
                digits[row][i] = (byte) Math.rint(t * s);
            }
            factors[row] = Math.max(a, 1e-5f) / 127f;
        }
        return new Quantized(digits, factors, faulted);
    }

    /** {@code multiply}. */
    public static int[][] multiply(byte[][] digits, byte[][] weights) {
        int[][] sums = new int[digits.length][weights.length];
        for (int t = 0; t < digits.length; t++) {
            for (int row = 0; row < weights.length; row++) {
                int sum = 0;
                for (int k = 0; k < digits[t].length; k++) {
                    sum += digits[t][k] * weights[row][k];
                }
                sums[t][row] = sum;
            }
        }
        return sums;
    }

    /** {@code rescale}. */
    public static float[][] rescale(int[][] sums, float[] factors, float[] scales) {
        float[][] out = new float[sums.length][scales.length];
        for (int t = 0; t < sums.length; t++) {
            for (int row = 0; row < scales.length; row++) {
                out[t][row] = sums[t][row] * (factors[t] * scales[row]);
            }
        }
        return out;
    }

    /** {@code rmsNorm}. */
    public static float[][] rmsNorm(float[][] in, float[] gain, float epsilon) {
        float[][] out = new float[in.length][];
        for (int t = 0; t < in.length; t++) {
            out[t] = new float[in[t].length];
            for (int group = 0; group < in[t].length; group += gain.length) {
                float sum = 0f;
                for (float block : squares(in[t], group, group + gain.length, 128)) {
                    sum += block;
                }
                float r = inverseRoot(sum, gain.length, epsilon);
                for (int i = 0; i < gain.length; i++) {
                    out[t][group + i] = (in[t][group + i] * r) * gain[i];
                }
            }
        }
        return out;
    }

    /** {@code linear} with floating-point weights. */
    public static float[][] linear(float[][] in, float[][] weights) {
        float[][] out = new float[in.length][weights.length];
        for (int t = 0; t < in.length; t++) {
            for (int row = 0; row < weights.length; row++) {
                out[t][row] = dot(in[t], weights[row]);
            }
        }
        return out;
    }

    /** {@code linear} with weights in blocks of 32. */
    public static float[][] linear(float[][] in, BlockWeights weights) {
        float[][] out = new float[in.length][weights.quants.length];
        for (int t = 0; t < in.length; t++) {
            int blocks = in[t].length / 32;
            float[] factors = new float[blocks];
            int[] digits = new int[in[t].length];
            for (int b = 0; b < blocks; b++) {
                float max = 0f;
                for (int i = 32 * b; i < 32 * b + 32; i++) {
                    max = Math.max(max, Math.abs(in[t][i]));
                }
                float s = max >= 1e-30f ? 127f / max : 0f;
                factors[b] = max >= 1e-30f ? max / 127f : 0f;
                for (int i = 32 * b; i < 32 * b + 32; i++) {
                    digits[i] = (int) Math.rint(in[t][i] * s);
                }
            }
            for (int row = 0; row < out[t].length; row++) {
                out[t][row] = blockProduct(digits, factors, weights, row);
            }
        }
        return out;
    }

    private static float blockProduct(int[] digits, float[] factors, BlockWeights weights, int row) {
        float sum = 0f;
        float subtracted = 0f;
        boolean minima = weights.minima[row].length > 0;
        for (int b = 0; b < factors.length; b++) {
            long products = 0;
            long offsets = 0;
            for (int i = 32 * b; i < 32 * b + 32; i++) {
                products += (long) weights.subScales[row][i / 16] * weights.quants[row][i] * digits[i];
                offsets += (long) weights.subMinima[row][i / 16] * digits[i];
            }
            sum = Math.fma(exact(products), weights.scales[row][b] * factors[b], sum);
            if (minima) {
                subtracted = Math.fma(exact(offsets), weights.minima[row][b] * factors[b], subtracted);
            }
        }
        return minima ? sum - subtracted : sum;
    }

    private static float exact(long integer) {
        if (Math.abs(integer) > 1 << 24) {
            throw new AssertionError("the sum " + integer + " of a block is beyond what the contract allows");
        }
        return integer;
    }

    /** The values of weights in blocks of 32. */
    public static float[][] decode(BlockWeights weights) {
        float[][] values = new float[weights.quants.length][];
        for (int row = 0; row < values.length; row++) {
            values[row] = new float[weights.quants[row].length];
            for (int i = 0; i < values[row].length; i++) {
                float product = (weights.scales[row][i / 32] * weights.subScales[row][i / 16]) * weights.quants[row][i];
                values[row][i] = weights.minima[row].length == 0
                        ? product
                        : product - weights.minima[row][i / 32] * weights.subMinima[row][i / 16];
            }
        }
        return values;
    }

    /** {@code addBias}. */
    public static float[][] addBias(float[][] x, float[] bias) {
        float[][] all = new float[x.length][];
        Arrays.fill(all, bias);
        return add(x, all);
    }

    /** {@code add}. */
    public static float[][] add(float[][] x, float[][] y) {
        float[][] out = new float[x.length][];
        for (int t = 0; t < x.length; t++) {
            out[t] = x[t].clone();
            for (int i = 0; i < x[t].length; i++) {
                out[t][i] = x[t][i] + y[t][i];
            }
        }
        return out;
    }

    /** {@code gate}. */
    public static float[][] gate(GateKind kind, float[][] gate, float[][] up) {
        float[][] out = new float[gate.length][];
        for (int t = 0; t < gate.length; t++) {
            out[t] = new float[gate[t].length];
            for (int i = 0; i < gate[t].length; i++) {
                float g = gate[t][i];
                float h = Math.max(g, 0f);
                out[t][i] = switch (kind) {
                            case SQUARED_RELU -> h * h;
                            case SILU -> g / (1f + exp(-g));
                        }
                        * up[t][i];
            }
        }
        return out;
    }

    /**
     * {@code rope}.
     *
     * @param cos, sin [position][pair]
     */
    public static float[][] rope(
            float[][] x, int[] positions, int headDimension, RopeStyle style, float[][] cos, float[][] sin) {
        float[][] out = new float[x.length][];
        int pairs = cos[0].length;
        for (int t = 0; t < x.length; t++) {
            out[t] = x[t].clone();
            for (int head = 0; head < x[t].length; head += headDimension) {
                for (int i = 0; i < pairs; i++) {
                    int first = head + (style == RopeStyle.INTERLEAVED ? 2 * i : i);
                    int second = head + (style == RopeStyle.INTERLEAVED ? 2 * i + 1 : i + pairs);
                    float a = x[t][first];
                    float b = x[t][second];
                    float c = cos[positions[t]][i];
                    float s = sin[positions[t]][i];
                    out[t][first] = Math.fma(a, c, -(b * s));
                    out[t][second] = Math.fma(b, c, a * s);
                }
            }
        }
        return out;
    }

    /**
     * {@code attention} of one token.
     *
     * @param query (heads * headDimension)
     * @param keys, values of positions 0 .. the token's own, each (kvHeads * headDimension)
     */
    public static float[] attention(
            float[] query, List<float[]> keys, List<float[]> values, int[] kvHeadOf, int headDimension, float scale) {
        float[] out = new float[query.length];
        for (int head = 0; head < kvHeadOf.length; head++) {
            attendHead(
                    query,
                    head * headDimension,
                    keys,
                    values,
                    kvHeadOf[head] * headDimension,
                    headDimension,
                    scale,
                    out);
        }
        return out;
    }

    private static void attendHead(
            float[] query,
            int offset,
            List<float[]> keys,
            List<float[]> values,
            int kvOffset,
            int headDimension,
            float scale,
            float[] out) {
        int positions = keys.size();
        int blocks = (positions + 255) / 256;
        float[] score = new float[positions];
        for (int p = 0; p < positions; p++) {
            score[p] = attentionDot(query, offset, keys.get(p), kvOffset, headDimension) * scale;
        }
        float[] blockMax = new float[blocks];
        float[] blockSum = new float[blocks];
        float[][] blockOut = new float[blocks][headDimension];
        float max = Float.NEGATIVE_INFINITY;
        for (int b = 0; b < blocks; b++) {
            int end = Math.min(positions, 256 * b + 256);
            blockMax[b] = Float.NEGATIVE_INFINITY;
            for (int p = 256 * b; p < end; p++) {
                blockMax[b] = Math.max(blockMax[b], score[p]);
            }
            for (int p = 256 * b; p < end; p++) {
                float weight = exp(score[p] - blockMax[b]);
                blockSum[b] = blockSum[b] + weight;
                for (int d = 0; d < headDimension; d++) {
                    blockOut[b][d] = Math.fma(weight, values.get(p)[kvOffset + d], blockOut[b][d]);
                }
            }
            max = Math.max(max, blockMax[b]);
        }
        float sum = 0f;
        float[] total = new float[headDimension];
        for (int b = 0; b < blocks; b++) {
            float f = exp(blockMax[b] - max);
            sum = Math.fma(blockSum[b], f, sum);
            for (int d = 0; d < headDimension; d++) {
                total[d] = Math.fma(blockOut[b][d], f, total[d]);
            }
        }
        float inverse = 1f / sum;
        for (int d = 0; d < headDimension; d++) {
            out[offset + d] = total[d] * inverse;
        }
    }

    /** The candidates of {@code head}: by falling logit, equal logits by rising id. */
    public static List<Candidate> candidates(float[] logits, int wanted, int firstToken) {
        Comparator<Candidate> order =
                (a, b) -> a.logit() == b.logit() ? Integer.compare(a.id(), b.id()) : a.logit() > b.logit() ? -1 : 1;
        return IntStream.range(0, logits.length)
                .mapToObj(row -> new Candidate(firstToken + row, logits[row]))
                .sorted(order)
                .limit(wanted)
                .toList();
    }
}
