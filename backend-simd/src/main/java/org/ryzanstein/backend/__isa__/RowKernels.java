package org.ryzanstein.backend.__isa__;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.GateKind;
import org.ryzanstein.api.numerics.ContractMath;

/**
 * What is done to each element of a row by itself; elements beyond the last whole vector are done one by one.
 *
 * <p>As everywhere in this module, no vector is passed to a method or returned by one: where the compiler does not inline such a
 * method, it makes an object of the vector.
 */
final class RowKernels {
    /** The bits of 1.5 * 2^23, to which an integer was added by rounding. */
    private static final int MAGIC_BITS = 0x4B400000;

    private static final float MAGIC = 12582912f;
    private static final int SIGNLESS = 0x7fffffff;

    private RowKernels() {}

    /**
     * The largest magnitude of x, or x * gain. Bits without sign are compared as integers: that orders floats, and puts
     * infinity and what is no number above all others.
     */
    static float maxMagnitude(float[] x, int offset, int columns, float @Nullable [] gain) {
        return Float.intBitsToFloat(gain == null ? maxBits(x, offset, columns) : maxBits(x, offset, columns, gain));
    }

    private static int maxBits(float[] x, int offset, int columns) {
        IntVector max = IntVector.zero(Lanes.INTS);
        int i = 0;
        for (; i + Lanes.WORDS <= columns; i += Lanes.WORDS) {
            max = Lanes.INT
                    .cast(max)
                    .max(Lanes.INT
                            .cast(Lanes.FLOAT
                                    .cast(FloatVector.fromArray(Lanes.FLOATS, x, offset + i))
                                    .reinterpretAsInts())
                            .and(SIGNLESS));
        }
        int bits = Lanes.INT.cast(max).reduceLanes(VectorOperators.MAX);
        for (; i < columns; i++) {
            bits = Math.max(bits, Float.floatToRawIntBits(x[offset + i]) & SIGNLESS);
        }
        return bits;
    }

    private static int maxBits(float[] x, int offset, int columns, float[] gain) {
        IntVector max = IntVector.zero(Lanes.INTS);
        int i = 0;
        for (; i + Lanes.WORDS <= columns; i += Lanes.WORDS) {
            FloatVector g = FloatVector.fromArray(Lanes.FLOATS, gain, i);
            max = Lanes.INT
                    .cast(max)
                    .max(Lanes.INT
                            .cast(Lanes.FLOAT
                                    .cast(Lanes.FLOAT
                                            .cast(FloatVector.fromArray(Lanes.FLOATS, x, offset + i))
                                            .mul(g))
                                    .reinterpretAsInts())
                            .and(SIGNLESS));
        }
        int bits = Lanes.INT.cast(max).reduceLanes(VectorOperators.MAX);
        for (; i < columns; i++) {
            bits = Math.max(bits, Float.floatToRawIntBits(x[offset + i] * gain[i]) & SIGNLESS);
        }
        return bits;
    }

    static void quantize(
            float[] x, int offset, int columns, float @Nullable [] gain, float scale, byte[] digits, int digitsOffset) {
        int i = 0;
        if (gain == null) {
            for (; i + Lanes.WORDS <= columns; i += Lanes.WORDS) {
                FloatVector t = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, x, offset + i));
                t = Lanes.FLOAT.cast(t.mul(scale));
                t = Lanes.FLOAT.cast(t.add(MAGIC));
                IntVector rounded = Lanes.INT.cast(t.reinterpretAsInts());
                rounded = Lanes.INT.cast(rounded.sub(MAGIC_BITS));
                Lanes.WORD_BYTE
                        .cast(rounded.convertShape(VectorOperators.I2B, Lanes.WORD_BYTES, 0))
                        .intoArray(digits, digitsOffset + i);
            }
        } else {
            for (; i + Lanes.WORDS <= columns; i += Lanes.WORDS) {
                FloatVector t = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, x, offset + i));
                t = Lanes.FLOAT.cast(t.mul(FloatVector.fromArray(Lanes.FLOATS, gain, i)));
                t = Lanes.FLOAT.cast(t.mul(scale));
                t = Lanes.FLOAT.cast(t.add(MAGIC));
                IntVector rounded = Lanes.INT.cast(t.reinterpretAsInts());
                rounded = Lanes.INT.cast(rounded.sub(MAGIC_BITS));
                Lanes.WORD_BYTE
                        .cast(rounded.convertShape(VectorOperators.I2B, Lanes.WORD_BYTES, 0))
                        .intoArray(digits, digitsOffset + i);
            }
        }
        for (; i < columns; i++) {
            float t = gain == null ? x[offset + i] : x[offset + i] * gain[i];
            digits[digitsOffset + i] = (byte) ContractMath.roundToInteger(t * scale);
        }
    }

    /** out = (x * r) * gain. */
    static void scale(float[] x, int offset, float[] gain, float r, float[] out, int outOffset) {
        int i = 0;
        for (; i + Lanes.WORDS <= gain.length; i += Lanes.WORDS) {
            FloatVector g = FloatVector.fromArray(Lanes.FLOATS, gain, i);
            FloatVector v = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, x, offset + i));
            Lanes.FLOAT.cast(Lanes.FLOAT.cast(v.mul(r)).mul(g)).intoArray(out, outOffset + i);
        }
        for (; i < gain.length; i++) {
            out[outOffset + i] = (x[offset + i] * r) * gain[i];
        }
    }

    static void add(float[] x, int xOffset, float[] y, int yOffset, int length) {
        int i = 0;
        for (; i + Lanes.WORDS <= length; i += Lanes.WORDS) {
            FloatVector b = FloatVector.fromArray(Lanes.FLOATS, y, yOffset + i);
            Lanes.FLOAT
                    .cast(Lanes.FLOAT
                            .cast(FloatVector.fromArray(Lanes.FLOATS, x, xOffset + i))
                            .add(b))
                    .intoArray(x, xOffset + i);
        }
        for (; i < length; i++) {
            x[xOffset + i] += y[yOffset + i];
        }
    }

    static void gate(
            GateKind kind,
            float[] gate,
            int gateOffset,
            float[] up,
            int upOffset,
            float[] out,
            int outOffset,
            int length,
            float[] scratch) {
        int whole = length - length % Lanes.WORDS;
        switch (kind) {
            case SQUARED_RELU -> squaredRelu(gate, gateOffset, up, upOffset, out, outOffset, whole);
            case SILU -> silu(gate, gateOffset, up, upOffset, out, outOffset, whole, scratch);
        }
        for (int i = whole; i < length; i++) {
            out[outOffset + i] = gated(kind, gate[gateOffset + i], up[upOffset + i]);
        }
    }

    private static float gated(GateKind kind, float gate, float up) {
        return switch (kind) {
            case SQUARED_RELU -> {
                float h = Math.max(gate, 0f);
                yield (h * h) * up;
            }
            case SILU -> (gate / (1f + ContractMath.exp(-gate))) * up;
        };
    }

    private static void squaredRelu(
            float[] gate, int gateOffset, float[] up, int upOffset, float[] out, int outOffset, int length) {
        for (int i = 0; i < length; i += Lanes.WORDS) {
            FloatVector h = Lanes.FLOAT.cast(Lanes.FLOAT
                    .cast(FloatVector.fromArray(Lanes.FLOATS, gate, gateOffset + i))
                    .max(0f));
            Lanes.FLOAT
                    .cast(Lanes.FLOAT.cast(h.mul(h)).mul(FloatVector.fromArray(Lanes.FLOATS, up, upOffset + i)))
                    .intoArray(out, outOffset + i);
        }
    }

    private static void silu(
            float[] gate,
            int gateOffset,
            float[] up,
            int upOffset,
            float[] out,
            int outOffset,
            int length,
            float[] scratch) {
        for (int from = 0; from < length; from += scratch.length) {
            int count = Math.min(scratch.length, length - from);
            negate(gate, gateOffset + from, scratch, count);
            Exponential.applyTo(scratch, 0, count, 0f);
            multiplySigmoid(gate, gateOffset + from, up, upOffset + from, scratch, out, outOffset + from, count);
        }
    }

    private static void negate(float[] x, int offset, float[] out, int length) {
        for (int i = 0; i < length; i += Lanes.WORDS) {
            Lanes.FLOAT
                    .cast(Lanes.FLOAT
                            .cast(FloatVector.fromArray(Lanes.FLOATS, x, offset + i))
                            .neg())
                    .intoArray(out, i);
        }
    }

    /** out = (gate / (1 + e)) * up. */
    private static void multiplySigmoid(
            float[] gate, int gateOffset, float[] up, int upOffset, float[] e, float[] out, int outOffset, int length) {
        for (int i = 0; i < length; i += Lanes.WORDS) {
            FloatVector one =
                    Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, e, i)).add(1f);
            FloatVector sigmoid = Lanes.FLOAT.cast(Lanes.FLOAT
                    .cast(FloatVector.fromArray(Lanes.FLOATS, gate, gateOffset + i))
                    .div(one));
            Lanes.FLOAT
                    .cast(sigmoid.mul(FloatVector.fromArray(Lanes.FLOATS, up, upOffset + i)))
                    .intoArray(out, outOffset + i);
        }
    }

    /** Rotates pairs whose elements stand {@code half} apart. */
    static void rotateHalves(float[] x, int offset, float[] cos, float[] sin, int table, int half) {
        int i = 0;
        for (; i + Lanes.WORDS <= half; i += Lanes.WORDS) {
            FloatVector a = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, x, offset + i));
            FloatVector b = Lanes.FLOAT.cast(FloatVector.fromArray(Lanes.FLOATS, x, offset + half + i));
            FloatVector c = FloatVector.fromArray(Lanes.FLOATS, cos, table + i);
            FloatVector s = FloatVector.fromArray(Lanes.FLOATS, sin, table + i);
            Lanes.FLOAT.cast(a.fma(c, Lanes.FLOAT.cast(b.mul(s)).neg())).intoArray(x, offset + i);
            Lanes.FLOAT.cast(b.fma(c, a.mul(s))).intoArray(x, offset + half + i);
        }
        rotatePairs(x, offset, cos, sin, table, i, half, 1, half);
    }

    /** Rotates the pairs {@code from .. to}: pair i begins {@code i * step} after the offset. */
    static void rotatePairs(
            float[] x, int offset, float[] cos, float[] sin, int table, int from, int to, int step, int partner) {
        for (int i = from; i < to; i++) {
            int first = offset + i * step;
            float a = x[first];
            float b = x[first + partner];
            float c = cos[table + i];
            float s = sin[table + i];
            x[first] = Math.fma(a, c, -(b * s));
            x[first + partner] = Math.fma(b, c, a * s);
        }
    }

    /** out = float(sums) * (factor * scales). */
    static void rescale(
            int[] sums, int sumsOffset, float factor, float[] scales, float[] out, int outOffset, int from, int to) {
        int row = from;
        for (; row + Lanes.WORDS <= to; row += Lanes.WORDS) {
            FloatVector scale = Lanes.FLOAT
                    .cast(FloatVector.fromArray(Lanes.FLOATS, scales, row))
                    .mul(factor);
            IntVector sum = Lanes.INT.cast(IntVector.fromArray(Lanes.INTS, sums, sumsOffset + row));
            Lanes.FLOAT
                    .cast(Lanes.FLOAT.cast(sum.convert(VectorOperators.I2F, 0)).mul(scale))
                    .intoArray(out, outOffset + row);
        }
        for (; row < to; row++) {
            out[outOffset + row] = sums[sumsOffset + row] * (factor * scales[row]);
        }
    }

    /** out = float(sums) * scale. */
    static void scale(int[] sums, int sumsOffset, float scale, float[] out, int outOffset, int count) {
        int i = 0;
        for (; i + Lanes.WORDS <= count; i += Lanes.WORDS) {
            IntVector sum = Lanes.INT.cast(IntVector.fromArray(Lanes.INTS, sums, sumsOffset + i));
            Lanes.FLOAT
                    .cast(Lanes.FLOAT.cast(sum.convert(VectorOperators.I2F, 0)).mul(scale))
                    .intoArray(out, outOffset + i);
        }
        for (; i < count; i++) {
            out[outOffset + i] = sums[sumsOffset + i] * scale;
        }
    }
}
