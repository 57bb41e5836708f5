package org.ryzanstein.loader.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.format.GgufFile;
import org.ryzanstein.loader.format.GgufModelFile;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.TensorInfo;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.progress.ProgressListener;

/** Writes variants of the embedded model: fields and tensors replaced, added or left out. */
final class TinyModel {
    private static final String PREFIX = "bitnet-b1.58.";

    private record Replacement(TensorType type, List<Long> shape, byte[] bytes) {}

    private final Map<String, Consumer<GgufWriter>> fields = new LinkedHashMap<>();
    private final Set<String> absent = new LinkedHashSet<>();
    private final Map<String, Replacement> tensors = new LinkedHashMap<>();
    private boolean floatMatrices;

    private TinyModel() {}

    static TinyModel embedded() {
        return new TinyModel();
    }

    TinyModel withText(String key, String value) {
        fields.put(key, writer -> writer.text(key, value));
        return this;
    }

    TinyModel withNumber(String suffix, int value) {
        fields.put(PREFIX + suffix, writer -> writer.uint32(PREFIX + suffix, value));
        return this;
    }

    TinyModel withReal(String suffix, float value) {
        fields.put(PREFIX + suffix, writer -> writer.float32(PREFIX + suffix, value));
        return this;
    }

    TinyModel withTexts(String key, List<String> values) {
        fields.put(key, writer -> writer.texts(key, values));
        return this;
    }

    TinyModel withNumbers(String key, int[] values) {
        fields.put(key, writer -> writer.int32s(key, values));
        return this;
    }

    /** Leaves out a field or a tensor. */
    TinyModel without(String name) {
        absent.add(name);
        return this;
    }

    /** Stores every ternary matrix as float32: digit * scale. */
    TinyModel withFloatMatrices() {
        floatMatrices = true;
        return this;
    }

    /** Replaces or adds a tensor of float32. */
    TinyModel withTensor(String name, List<Long> shape, float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return withTensor(name, TensorType.F32, shape, bytes.array());
    }

    /** Replaces or adds a tensor. */
    TinyModel withTensor(String name, TensorType type, List<Long> shape, byte[] bytes) {
        tensors.put(name, new Replacement(type, shape, bytes));
        return this;
    }

    /** The values of a float tensor of the embedded model. */
    static float[] values(TensorRole role, int rows, int columns) {
        try (EmbeddedModel copy = EmbeddedModel.extract();
                ModelFile file = ModelFile.open(copy.path())) {
            WeightSource.Floats source = file.sources().floats(TensorName.of(role), rows, columns);
            float[] values = new float[rows * columns];
            for (int row = 0; row < rows; row++) {
                source.readFloats(row, values, row * columns);
            }
            return values;
        }
    }

    Path write(Path target) throws IOException {
        try (EmbeddedModel copy = EmbeddedModel.extract();
                ModelFile file = ModelFile.open(copy.path())) {
            GgufFile source = ((GgufModelFile) file).gguf();
            GgufWriter writer = new GgufWriter();
            Map<String, Consumer<GgufWriter>> more = new LinkedHashMap<>(fields);
            for (String key : source.metadata().keys()) {
                Consumer<GgufWriter> field = more.remove(key);
                if (field != null) {
                    field.accept(writer);
                } else if (!absent.contains(key)) {
                    writer.copy(source, key);
                }
            }
            more.values().forEach(field -> field.accept(writer));
            writeTensors(source, writer);
            writer.write(target, ProgressListener.NONE);
            return target;
        }
    }

    private void writeTensors(GgufFile source, GgufWriter writer) {
        Map<String, Replacement> more = new LinkedHashMap<>(tensors);
        for (TensorInfo tensor : source.tensors().values()) {
            Replacement replacement = more.remove(tensor.name());
            if (replacement != null) {
                add(writer, tensor.name(), replacement);
            } else if (floatMatrices && tensor.type() == TensorType.I2_S) {
                writer.tensor(tensor.name(), TensorType.F32, tensor.shape(), sink -> decode(tensor, sink));
            } else if (!absent.contains(tensor.name())) {
                writer.copy(tensor);
            }
        }
        more.forEach((name, replacement) -> add(writer, name, replacement));
    }

    /** I2_S as published: 128 digits in 32 bytes, from the highest bits down, and the scale behind all of them. */
    private static void decode(TensorInfo tensor, GgufWriter.Sink sink) throws IOException {
        ByteBuffer data = tensor.data().asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        int elements = Math.toIntExact(tensor.elements());
        float scale = data.getFloat(elements / 4);
        ByteBuffer out = ByteBuffer.allocate(elements * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < elements; i++) {
            int packed = data.get(i / 128 * 32 + i % 32);
            int digit = (packed >> (6 - 2 * (i % 128 / 32)) & 3) - 1;
            out.putFloat(digit * scale);
        }
        sink.write(out.array(), 0, out.capacity());
    }

    private static void add(GgufWriter writer, String name, Replacement tensor) {
        byte[] bytes = tensor.bytes();
        writer.tensor(name, tensor.type(), tensor.shape(), sink -> sink.write(bytes, 0, bytes.length));
    }
}
