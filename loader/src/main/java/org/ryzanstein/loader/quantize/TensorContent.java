package org.ryzanstein.loader.quantize;

import java.io.IOException;
import java.util.OptionalLong;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.format.BlockEncoder;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.format.TernaryEncoder;

/** Encodes one tensor row by row, holding one row at a time. */
record TensorContent(String file, PlannedTensor tensor) implements GgufWriter.Content {
    @Override
    public void writeTo(GgufWriter.Sink sink) throws IOException {
        if (tensor.keepsDigits() && tensor.content() instanceof WeightSource.Ternary ternary) {
            writeTernary(ternary, sink);
        } else {
            writeFloats(sink);
        }
    }

    /** Blocks of I2_S run across rows, so digits that do not fill one wait for the next row. */
    private void writeTernary(WeightSource.Ternary source, GgufWriter.Sink sink) throws IOException {
        TernaryEncoder encoder = TernaryEncoder.of(tensor.type());
        float scale = source.scale(0);
        float stored = encoder.stored(scale);
        if (scale != 0 && !(stored > 0 && stored < Float.POSITIVE_INFINITY)) {
            throw ModelFormatException.of(
                    file,
                    tensor.name().gguf() + " scale",
                    Float.toString(scale),
                    "a scale that " + tensor.type() + " can hold as float16; I2_S holds any");
        }
        int block = tensor.type().blockElements();
        int columns = source.columns();
        byte[] digits = new byte[columns + block - 1];
        byte[] packed = new byte[digits.length / block * tensor.type().blockBytes()];
        int waiting = 0;
        for (int row = 0; row < source.rows(); row++) {
            source.readDigits(row, digits, waiting);
            int filled = waiting + columns;
            int whole = filled - filled % block;
            sink.write(packed, 0, encoder.encode(digits, 0, whole, scale, packed, 0));
            waiting = filled - whole;
            System.arraycopy(digits, whole, digits, 0, waiting);
        }
        byte[] tail = encoder.tail(scale);
        sink.write(tail, 0, tail.length);
    }

    private void writeFloats(GgufWriter.Sink sink) throws IOException {
        WeightSource source = tensor.content();
        TensorType type = tensor.type();
        Rows.Reader reader = Rows.reader(source);
        OptionalLong rowBytes = type.bytes(source.columns(), 1);
        byte[] packed = new byte[Math.toIntExact(rowBytes.orElseThrow())];
        for (int row = 0; row < source.rows(); row++) {
            float[] values = reader.read(row);
            try {
                encode(values, type, packed);
            } catch (IllegalArgumentException refusal) {
                throw new ModelFormatException(
                        file + ": " + source.name() + " row " + row + ": " + refusal.getMessage(), refusal);
            }
            sink.write(packed, 0, packed.length);
        }
    }

    private static void encode(float[] values, TensorType type, byte[] packed) {
        switch (type) {
            case F32 -> {
                for (int i = 0; i < values.length; i++) {
                    put(packed, 4 * i, Float.floatToRawIntBits(requireFinite(values, i, values[i])), 4);
                }
            }
            case F16 -> {
                for (int i = 0; i < values.length; i++) {
                    short half = Float.floatToFloat16(values[i]);
                    requireFinite(values, i, Float.float16ToFloat(half));
                    put(packed, 2 * i, half, 2);
                }
            }
            default -> BlockEncoder.of(type).encode(values, 0, values.length, packed, 0);
        }
    }

    private static float requireFinite(float[] values, int index, float stored) {
        if (!Float.isFinite(stored)) {
            throw new IllegalArgumentException(
                    "value " + index + " is " + values[index] + ", expected a finite number within the type's range");
        }
        return stored;
    }

    private static void put(byte[] packed, int at, int bits, int bytes) {
        for (int i = 0; i < bytes; i++) {
            packed[at + i] = (byte) (bits >> (8 * i));
        }
    }
}
