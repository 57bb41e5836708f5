package org.ryzanstein.contract;

import java.util.SplittableRandom;
import org.ryzanstein.api.weight.WeightSource.FloatFormat;

/** Seeded generators of test content. */
final class Numbers {
    private static final float SUBNORMAL = Float.MIN_NORMAL / 8;

    private final SplittableRandom random;

    Numbers(long seed) {
        random = new SplittableRandom(seed);
    }

    /** The character of a matrix of activations. */
    enum Activations {
        NORMAL,
        /** Quantises to 127 everywhere. */
        ALL_EQUAL,
        /** Quantises to -127 everywhere. */
        ALL_NEGATIVE,
        ALTERNATING,
        ZEROS_OF_BOTH_SIGNS,
        /** Below the least scale of the quantisation. */
        SMALL,
        /** Around 1e-30, and subnormal numbers. */
        TINY,
        /** Magnitudes from 1e-42 to 1e3 beside each other. */
        MIXED_MAGNITUDES,
        ONE_SPIKE,
        /** Halves of a unit of quantisation, so that rounding meets ties. */
        TIES,
        /** Around 1e15: squares still fit a float. */
        LARGE,
        /** Around 1e30: squares overflow. */
        HUGE
    }

    /** The character of ternary digits. */
    enum Digits {
        RANDOM,
        ALL_MINUS,
        ALL_PLUS,
        ALL_ZERO,
        SPARSE
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    float normal() {
        return (float) random.nextGaussian();
    }

    float uniform(float low, float high) {
        return low + random.nextFloat() * (high - low);
    }

    float[] normals(int count, float scale) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = normal() * scale;
        }
        return values;
    }

    float[][] normals(int rows, int columns, float scale) {
        float[][] values = new float[rows][];
        for (int row = 0; row < rows; row++) {
            values[row] = normals(columns, scale);
        }
        return values;
    }

    float[][] activations(Activations kind, int rows, int columns) {
        float[][] values = new float[rows][columns];
        for (float[] row : values) {
            float unit = uniform(0.01f, 4f);
            int spike = below(columns);
            for (int i = 0; i < columns; i++) {
                row[i] = activation(kind, i, unit, i == spike);
            }
        }
        return values;
    }

    private float activation(Activations kind, int column, float unit, boolean spike) {
        return switch (kind) {
            case NORMAL -> normal() * unit;
            case ALL_EQUAL -> unit;
            case ALL_NEGATIVE -> -unit;
            case ALTERNATING -> column % 2 == 0 ? unit : -unit;
            case ZEROS_OF_BOTH_SIGNS -> random.nextBoolean() ? 0f : -0f;
            case SMALL -> normal() * 1e-8f;
            case TINY ->
                random.nextBoolean() ? normal() * 1e-30f : SUBNORMAL * below(7) * (random.nextBoolean() ? 1 : -1);
            case MIXED_MAGNITUDES -> (float) (normal() * Math.pow(10, uniform(-42f, 3f)));
            case ONE_SPIKE -> spike ? 100f * unit : normal() * 0.3f;
            case TIES -> column == 0 ? 127f : (below(255) - 127) * 0.5f;
            case LARGE -> normal() * 1e15f;
            case HUGE -> normal() * 1e30f;
        };
    }

    byte[][] digits(Digits kind, int rows, int columns) {
        byte[][] digits = new byte[rows][columns];
        for (byte[] row : digits) {
            for (int i = 0; i < columns; i++) {
                row[i] = (byte)
                        switch (kind) {
                            case RANDOM -> below(3) - 1;
                            case ALL_MINUS -> -1;
                            case ALL_PLUS -> 1;
                            case ALL_ZERO -> 0;
                            case SPARSE -> below(16) == 0 ? 2 * below(2) - 1 : 0;
                        };
            }
        }
        return digits;
    }

    /** Scales as a merged matrix has them: one for each of up to three ranges of rows. */
    float[] rangeScales(int rows) {
        float[] scales = new float[rows];
        float[] ranges = {uniform(0.001f, 2f), uniform(1e-6f, 1e-3f), uniform(1f, 100f)};
        for (int row = 0; row < rows; row++) {
            scales[row] = ranges[(int) (3L * row / rows)];
        }
        return scales;
    }

    /** Floats that are values of a format, subnormal numbers and both zeros among them. */
    float[][] ofFormat(FloatFormat format, int rows, int columns, float scale) {
        float[][] values = normals(rows, columns, scale);
        for (float[] row : values) {
            for (int i = 0; i < columns; i++) {
                int pick = below(40);
                float value = pick == 0 ? -0f : pick == 1 ? 1e-6f * row[i] : row[i];
                row[i] = switch (format) {
                    case FLOAT32 -> value;
                    case FLOAT16 -> Float.float16ToFloat(Float.floatToFloat16(value));
                    case BFLOAT16 -> Float.intBitsToFloat(Float.floatToRawIntBits(value) & 0xffff0000);
                };
            }
        }
        return values;
    }

    /** A random order of 0 .. count - 1. */
    int[] shuffled(int count) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = below(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
