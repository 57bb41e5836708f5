package org.ryzanstein.loader.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Writes tensors as the hub does: one file, or several with an index. */
final class SafetensorsWriter {
    private record Tensor(String type, List<Integer> shape, byte[] bytes) {}

    private static final ObjectMapper JSON = new ObjectMapper();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    void add(String name, String type, List<Integer> shape, byte[] bytes) {
        tensors.put(name, new Tensor(type, shape, bytes));
    }

    /** Spreads the tensors over files in turn; more than one get an index. */
    void write(Path directory, int files) throws IOException {
        Map<String, String> index = new TreeMap<>();
        List<String> names = new ArrayList<>(tensors.keySet());
        for (int file = 0; file < files; file++) {
            String fileName =
                    files == 1 ? "model.safetensors" : "model-%05d-of-%05d.safetensors".formatted(file + 1, files);
            List<String> mine = new ArrayList<>();
            for (int i = file; i < names.size(); i += files) {
                mine.add(names.get(i));
                index.put(names.get(i), fileName);
            }
            Files.write(directory.resolve(fileName), file(mine));
        }
        if (files > 1) {
            JSON.writeValue(
                    directory.resolve("model.safetensors.index.json").toFile(),
                    Map.of("metadata", Map.of(), "weight_map", index));
        }
    }

    private Tensor tensor(String name) {
        return Objects.requireNonNull(tensors.get(name), name);
    }

    private byte[] file(List<String> names) throws IOException {
        Map<String, Object> header = new LinkedHashMap<>();
        header.put("__metadata__", Map.of("format", "pt"));
        int end = 0;
        for (String name : names) {
            Tensor tensor = tensor(name);
            int begin = end;
            end += tensor.bytes().length;
            header.put(
                    name, Map.of("dtype", tensor.type(), "shape", tensor.shape(), "data_offsets", List.of(begin, end)));
        }
        byte[] json = JSON.writeValueAsBytes(header);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + end).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json);
        names.forEach(name -> bytes.put(tensor(name).bytes()));
        return bytes.array();
    }
}
