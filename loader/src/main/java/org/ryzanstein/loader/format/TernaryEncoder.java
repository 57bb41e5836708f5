package org.ryzanstein.loader.format;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Packs ternary digits into the blocks of a tensor type: the inverse of what {@link TensorSources} reads. Stateless; a
 * tensor may be packed in any number of pieces of whole blocks, followed by {@link #tail}.
 */
public enum TernaryEncoder {
    I2_S(TensorType.I2_S) {
        @Override
        public float stored(float scale) {
            return scale;
        }

        @Override
        void encodeBlock(byte[] digits, int from, float scale, byte[] destination, int to) {
            for (int i = 0; i < 32; i++) {
                destination[to + i] = (byte) ((digits[from + i] + 1) << 6
                        | (digits[from + 32 + i] + 1) << 4
                        | (digits[from + 64 + i] + 1) << 2
                        | (digits[from + 96 + i] + 1));
            }
        }

        @Override
        public byte[] tail(float scale) {
            byte[] tail = new byte[TensorType.I2_S_TAIL];
            INT.set(tail, 0, Float.floatToRawIntBits(scale));
            return tail;
        }
    },

    TQ1_0(TensorType.TQ1_0) {
        @Override
        void encodeBlock(byte[] digits, int from, float scale, byte[] destination, int to) {
            encodeBase3(digits, from, 32, 5, destination, to);
            encodeBase3(digits, from + 160, 16, 5, destination, to + 32);
            encodeBase3(digits, from + 240, 4, 4, destination, to + 48);
            SHORT.set(destination, to + 52, Float.floatToFloat16(scale));
        }
    },

    TQ2_0(TensorType.TQ2_0) {
        @Override
        void encodeBlock(byte[] digits, int from, float scale, byte[] destination, int to) {
            for (int group = 0; group < 2; group++) {
                int source = from + 128 * group;
                for (int i = 0; i < 32; i++) {
                    destination[to + 32 * group + i] = (byte) ((digits[source + i] + 1)
                            | (digits[source + 32 + i] + 1) << 2
                            | (digits[source + 64 + i] + 1) << 4
                            | (digits[source + 96 + i] + 1) << 6);
                }
            }
            SHORT.set(destination, to + 64, Float.floatToFloat16(scale));
        }
    },

    F16(TensorType.F16) {
        @Override
        void encodeBlock(byte[] digits, int from, float scale, byte[] destination, int to) {
            SHORT.set(destination, to, Float.floatToFloat16(digits[from] * scale));
        }
    },

    F32(TensorType.F32) {
        @Override
        public float stored(float scale) {
            return scale;
        }

        @Override
        void encodeBlock(byte[] digits, int from, float scale, byte[] destination, int to) {
            INT.set(destination, to, Float.floatToRawIntBits(digits[from] * scale));
        }
    };

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final TensorType type;

    TernaryEncoder(TensorType type) {
        this.type = type;
    }

    /**
     * The encoder of a type.
     *
     * @throws IllegalArgumentException if ternary weights cannot be written in it
     */
    public static TernaryEncoder of(TensorType type) {
        for (TernaryEncoder encoder : values()) {
            if (encoder.type == type) {
                return encoder;
            }
        }
        throw new IllegalArgumentException(
                type + " holds no ternary weights; use one of " + java.util.List.of(values()));
    }

    public TensorType type() {
        return type;
    }

    /** The scale as it will be read back: the types but I2_S and F32 round it to float16. */
    public float stored(float scale) {
        return Float.float16ToFloat(Float.floatToFloat16(scale));
    }

    /**
     * Packs whole blocks.
     *
     * @param digits each -1, 0 or 1
     * @param count number of digits; a multiple of {@link TensorType#blockElements()}
     * @param destination receives the bytes
     * @return the index after the last byte written
     */
    public int encode(byte[] digits, int offset, int count, float scale, byte[] destination, int at) {
        int block = type.blockElements();
        if (count % block != 0) {
            throw new IllegalArgumentException(count + " digits are no whole blocks of " + block);
        }
        int to = at;
        for (int i = 0; i < count; i += block) {
            encodeBlock(digits, offset + i, scale, destination, to);
            to += type.blockBytes();
        }
        return to;
    }

    /** What follows the last block of a tensor: its scale for I2_S, otherwise nothing. */
    public byte[] tail(float scale) {
        return new byte[0];
    }

    abstract void encodeBlock(byte[] digits, int from, float scale, byte[] destination, int to);

    /**
     * {@code count} bytes of {@code places} digits each, {@code count} apart. A byte is the fraction of the base-3 number
     * (five places, the missing ones 0) scaled to 256 and rounded up, so that multiplying by 3 brings the digits out.
     */
    private static void encodeBase3(byte[] digits, int from, int count, int places, byte[] destination, int to) {
        for (int i = 0; i < count; i++) {
            int number = 0;
            for (int place = 0; place < 5; place++) {
                number = number * 3 + (place < places ? digits[from + place * count + i] + 1 : 0);
            }
            destination[to + i] = (byte) ((number * 256 + 242) / 243);
        }
    }
}
