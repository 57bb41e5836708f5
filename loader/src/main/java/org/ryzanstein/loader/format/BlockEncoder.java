package org.ryzanstein.loader.format;

import java.util.List;

/**
 * Quantises floats into the blocks of a tensor type: the inverse of what {@link TensorSources#matrix} reads, with the same
 * choices as llama.cpp's quantisation without an importance matrix, so that both write the same bytes. Stateless; a tensor may
 * be encoded in any number of pieces of whole blocks.
 */
public enum BlockEncoder {
    /** The scale is the largest magnitude / 127; halves are rounded away from zero. */
    Q8_0(TensorType.Q8_0) {
        @Override
        void encodeBlock(float[] x, int from, byte[] destination, int to) {
            float largest = 0f;
            for (int i = from; i < from + 32; i++) {
                largest = Math.max(largest, Math.abs(x[i]));
            }
            float scale = largest / 127f;
            float inverse = inverse(scale);
            putScale(scale, destination, to);
            for (int i = 0; i < 32; i++) {
                float scaled = x[from + i] * inverse;
                destination[to + 2 + i] = (byte) Math.copySign(Math.floor(Math.abs(scaled) + 0.5), scaled);
            }
        }
    },

    /** The value of the largest magnitude becomes -8; the others are rounded to the nearest of 16 steps. */
    Q4_0(TensorType.Q4_0) {
        @Override
        void encodeBlock(float[] x, int from, byte[] destination, int to) {
            float scale = extreme(x, from) / -8f;
            float inverse = inverse(scale);
            putScale(scale, destination, to);
            for (int i = 0; i < 16; i++) {
                int low = step(x[from + i] * inverse, 8);
                int high = step(x[from + 16 + i] * inverse, 8);
                destination[to + 2 + i] = (byte) (low | high << 4);
            }
        }
    },

    /** The value of the largest magnitude becomes -16; the others are rounded to the nearest of 32 steps. */
    Q5_0(TensorType.Q5_0) {
        @Override
        void encodeBlock(float[] x, int from, byte[] destination, int to) {
            float scale = extreme(x, from) / -16f;
            float inverse = inverse(scale);
            putScale(scale, destination, to);
            int fifthBits = 0;
            for (int i = 0; i < 16; i++) {
                int low = step(x[from + i] * inverse, 16);
                int high = step(x[from + 16 + i] * inverse, 16);
                destination[to + 6 + i] = (byte) ((low & 15) | (high & 15) << 4);
                fifthBits |= (low >> 4) << i | (high >> 4) << (16 + i);
            }
            LittleEndian.putInt(destination, to + 2, fifthBits);
        }
    },

    /** See {@link Q4kEncoder}. */
    Q4_K(TensorType.Q4_K) {
        @Override
        void encodeBlock(float[] x, int from, byte[] destination, int to) {
            Q4kEncoder.encode(x, from, destination, to);
        }
    },

    /** See {@link Q6kEncoder}. */
    Q6_K(TensorType.Q6_K) {
        @Override
        void encodeBlock(float[] x, int from, byte[] destination, int to) {
            Q6kEncoder.encode(x, from, destination, to);
        }
    };

    /** More than float16 scales reach with any type's integers; below it the sums of the searches stay finite. */
    private static final float TOO_LARGE = 1e9f;

    private final TensorType type;

    BlockEncoder(TensorType type) {
        this.type = type;
    }

    /**
     * The encoder of a type.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static BlockEncoder of(TensorType type) {
        for (BlockEncoder encoder : values()) {
            if (encoder.type == type) {
                return encoder;
            }
        }
        throw new IllegalArgumentException(type + " is not written; use one of " + List.of(values()));
    }

    public TensorType type() {
        return type;
    }

    /**
     * Encodes whole blocks.
     *
     * @param values finite
     * @param count number of values; a multiple of {@link TensorType#blockElements()}
     * @param destination receives the bytes
     * @return the index after the last byte written
     * @throws IllegalArgumentException if a value is not finite or so large that the type cannot hold its scale
     */
    public int encode(float[] values, int offset, int count, byte[] destination, int at) {
        int block = type.blockElements();
        if (count % block != 0) {
            throw new IllegalArgumentException(count + " values are no whole blocks of " + block);
        }
        for (int i = offset; i < offset + count; i++) {
            if (!(Math.abs(values[i]) < TOO_LARGE)) {
                throw new IllegalArgumentException("value " + (i - offset) + " is " + values[i] + ", which " + type
                        + " cannot hold; expected a finite number of the size of weights");
            }
        }
        int to = at;
        for (int i = 0; i < count; i += block) {
            encodeBlock(values, offset + i, destination, to);
            to += type.blockBytes();
        }
        return to;
    }

    abstract void encodeBlock(float[] x, int from, byte[] destination, int to);

    /** 1 / scale, and 0 where that is beyond a float: such values are far below what float16 scales hold. */
    private static float inverse(float scale) {
        float inverse = 1f / scale;
        return Float.isFinite(inverse) ? inverse : 0f;
    }

    /** The value of the largest magnitude among 32, the first of equals. */
    private static float extreme(float[] x, int from) {
        float largest = 0f;
        for (int i = from; i < from + 32; i++) {
            largest = Math.abs(x[i]) > Math.abs(largest) ? x[i] : largest;
        }
        return largest;
    }

    /** The nearest of the steps from {@code -half} to {@code half - 1}, counted from the lowest. */
    private static int step(float scaled, int half) {
        return Math.min(2 * half - 1, (int) (scaled + (half + 0.5f)));
    }

    /** Writes a scale as float16. */
    static void putScale(float scale, byte[] destination, int at) {
        short half = Float.floatToFloat16(scale);
        if (!Float.isFinite(Float.float16ToFloat(half))) {
            throw new IllegalArgumentException(
                    "a block needs the scale " + scale + ", which float16 cannot hold; expected smaller weights");
        }
        LittleEndian.putShort(destination, at, half);
    }

    /** The nearest integer, ties to even, for magnitudes below 2^22; a number in the range of int for all others. */
    static int nearest(float x) {
        return (Float.floatToRawIntBits(x + 0x1.8p23f) & 0x7FFFFF) - 0x400000;
    }
}
