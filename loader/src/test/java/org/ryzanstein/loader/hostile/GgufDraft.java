package org.ryzanstein.loader.hostile;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A GGUF file in parts, to be changed one by one into files that follow the format's grammar and still say nonsense. Pairs and
 * tensors are immutable, their lists are not.
 */
final class GgufDraft {
    static final int UINT32 = 4;
    static final int FLOAT32 = 6;
    static final int BOOL = 7;
    static final int STRING = 8;
    static final int ARRAY = 9;

    private static final int ALIGNMENT = 32;
    private static final int[] WIDTHS = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

    /** A value of the metadata. */
    sealed interface Value {}

    /** A number or truth value. */
    record Fixed(byte[] bytes) implements Value {}

    /** A string; the length that the file states may be another than it has. */
    record Text(long length, byte[] bytes) implements Value {
        static Text of(byte[] bytes) {
            return new Text(bytes.length, bytes);
        }

        static Text of(String text) {
            return of(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** An array; the count that the file states may be another than it has. */
    record Array(int type, long count, List<Value> elements) implements Value {
        static Array of(int type, List<? extends Value> elements) {
            return new Array(type, elements.size(), List.copyOf(elements));
        }
    }

    record Pair(Text key, int type, Value value) {
        String name() {
            return new String(key.bytes(), StandardCharsets.UTF_8);
        }
    }

    /** A tensor's description; its sizes are in the file's order, the contiguous one first. */
    record Tensor(Text name, int dimensions, List<Long> sizes, int type, long offset) {}

    final List<Pair> pairs;
    final List<Tensor> tensors;
    int magic = 0x46554747;
    int version = 3;
    /** What is added to the true counts. */
    long morePairs;

    long moreTensors;
    byte[] data;

    GgufDraft() {
        this(new ArrayList<>(), new ArrayList<>(), new byte[0]);
    }

    private GgufDraft(List<Pair> pairs, List<Tensor> tensors, byte[] data) {
        this.pairs = pairs;
        this.tensors = tensors;
        this.data = data;
    }

    GgufDraft copy() {
        return new GgufDraft(new ArrayList<>(pairs), new ArrayList<>(tensors), data);
    }

    static int width(int type) {
        return type >= 0 && type < WIDTHS.length ? WIDTHS[type] : 4;
    }

    GgufDraft pair(String key, int type, Value value) {
        pairs.add(new Pair(Text.of(key), type, value));
        return this;
    }

    GgufDraft text(String key, String value) {
        return pair(key, STRING, Text.of(value));
    }

    GgufDraft number(String key, long value) {
        return pair(key, UINT32, new Fixed(Odd.littleEndian(value, 4)));
    }

    GgufDraft real(String key, float value) {
        return pair(key, FLOAT32, real(value));
    }

    GgufDraft bool(String key, boolean value) {
        return pair(key, BOOL, new Fixed(new byte[] {(byte) (value ? 1 : 0)}));
    }

    GgufDraft texts(String key, List<String> values) {
        return pair(key, ARRAY, Array.of(STRING, values.stream().map(Text::of).toList()));
    }

    GgufDraft numbers(String key, int... values) {
        return pair(
                key,
                ARRAY,
                Array.of(
                        UINT32,
                        Arrays.stream(values)
                                .mapToObj(value -> new Fixed(Odd.littleEndian(value, 4)))
                                .toList()));
    }

    GgufDraft reals(String key, float... values) {
        List<Value> elements = new ArrayList<>();
        for (float value : values) {
            elements.add(real(value));
        }
        return pair(key, ARRAY, Array.of(FLOAT32, elements));
    }

    private static Value real(float value) {
        return new Fixed(Odd.littleEndian(Float.floatToRawIntBits(value), 4));
    }

    /** Adds a tensor behind the others' data; the sizes in the file's order. */
    GgufDraft tensor(String name, int type, byte[] content, long... sizes) {
        tensors.add(new Tensor(
                Text.of(name), sizes.length, Arrays.stream(sizes).boxed().toList(), type, data.length));
        data = Odd.join(data, content, new byte[-content.length & (ALIGNMENT - 1)]);
        return this;
    }

    byte[] bytes() {
        byte[] header = header();
        return Odd.join(header, new byte[-header.length & (ALIGNMENT - 1)], data);
    }

    byte[] header() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(Odd.littleEndian(magic, 4));
        out.writeBytes(Odd.littleEndian(version, 4));
        out.writeBytes(Odd.littleEndian(tensors.size() + moreTensors, 8));
        out.writeBytes(Odd.littleEndian(pairs.size() + morePairs, 8));
        for (Pair pair : pairs) {
            write(pair.key(), out);
            out.writeBytes(Odd.littleEndian(pair.type(), 4));
            write(pair.value(), out);
        }
        for (Tensor tensor : tensors) {
            write(tensor.name(), out);
            out.writeBytes(Odd.littleEndian(tensor.dimensions(), 4));
            tensor.sizes().forEach(size -> out.writeBytes(Odd.littleEndian(size, 8)));
            out.writeBytes(Odd.littleEndian(tensor.type(), 4));
            out.writeBytes(Odd.littleEndian(tensor.offset(), 8));
        }
        return out.toByteArray();
    }

    private static void write(Value value, ByteArrayOutputStream out) {
        switch (value) {
            case Fixed fixed -> out.writeBytes(fixed.bytes());
            case Text text -> {
                out.writeBytes(Odd.littleEndian(text.length(), 8));
                out.writeBytes(text.bytes());
            }
            case Array array -> {
                out.writeBytes(Odd.littleEndian(array.type(), 4));
                out.writeBytes(Odd.littleEndian(array.count(), 8));
                array.elements().forEach(element -> write(element, out));
            }
        }
    }
}
