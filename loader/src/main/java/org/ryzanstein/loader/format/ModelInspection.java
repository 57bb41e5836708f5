package org.ryzanstein.loader.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a model file holds, of whatever architecture and types. Strings of the file appear as they are: whoever prints them
 * on a terminal must escape control characters.
 *
 * @param source path as given
 * @param container such as {@code GGUF 3} or {@code safetensors}
 * @param architecture normalised name; empty where the file has none
 * @param parameters number of weights; a byte of packed ternary weights counts as four
 * @param bytes size of the weight files
 * @param sha256 hash of the weight files, where it was asked for
 */
public record ModelInspection(
        String source,
        String container,
        Optional<String> architecture,
        long parameters,
        long bytes,
        Optional<String> sha256,
        List<Field> metadata,
        List<Tensor> tensors,
        List<Total> totals) {
    private static final int SHOWN_ELEMENTS = 8;
    private static final JsonMapper WRITER = JsonMapper.builder().build();

    /** One metadata value; long arrays are cut short. */
    public record Field(String key, String type, String value) {}

    /** One tensor; the shape has the rows first. */
    public record Tensor(String name, String type, List<Long> shape, long bytes, long offset) {
        public Tensor {
            shape = List.copyOf(shape);
        }
    }

    /** All tensors of one type together. */
    public record Total(String type, long tensors, long elements, long bytes) {}

    public ModelInspection {
        metadata = List.copyOf(metadata);
        tensors = List.copyOf(tensors);
        totals = List.copyOf(totals);
    }

    /**
     * Looks through a model file.
     *
     * @param hash whether to compute the hash, which reads the whole file
     */
    public static ModelInspection of(ModelFile model, boolean hash) {
        List<Tensor> tensors = new ArrayList<>();
        Map<String, Total> totals = new TreeMap<>();
        long parameters = 0;
        for (TensorInfo tensor : model.tensors().values()) {
            String type = tensor.type().name();
            tensors.add(new Tensor(tensor.name(), type, tensor.shape(), tensor.bytes(), tensor.offset()));
            totals.merge(
                    type,
                    new Total(type, 1, tensor.elements(), tensor.bytes()),
                    (a, b) -> new Total(
                            a.type(), a.tensors() + b.tensors(), a.elements() + b.elements(), a.bytes() + b.bytes()));
            boolean packed = tensor.type() == TensorType.U8 && model.tensors().containsKey(tensor.name() + "_scale");
            parameters += packed ? 4 * tensor.elements() : tensor.elements();
        }
        List<Total> ordered = totals.values().stream()
                .sorted(Comparator.comparingLong(Total::bytes).reversed())
                .toList();
        return new ModelInspection(
                model.source(),
                container(model),
                architecture(model),
                parameters,
                model.size(),
                hash ? Optional.of(model.sha256()) : Optional.empty(),
                metadata(model),
                tensors,
                ordered);
    }

    private static String container(ModelFile model) {
        return switch (model) {
            case GgufModelFile gguf -> "GGUF " + gguf.gguf().version();
            case HubModelFile hub -> "safetensors";
        };
    }

    private static Optional<String> architecture(ModelFile model) {
        try {
            return Optional.of(model.architecture());
        } catch (ModelFormatException none) {
            // A vocabulary may be inspected too; loading such a file as a model says what is missing.
            return Optional.empty();
        }
    }

    private static List<Field> metadata(ModelFile model) {
        List<Field> fields = new ArrayList<>();
        switch (model) {
            case GgufModelFile gguf -> {
                GgufMetadata values = gguf.gguf().values();
                for (String key : values.keys()) {
                    fields.add(new Field(key, values.typeText(key), values.text(key, SHOWN_ELEMENTS)));
                }
            }
            case HubModelFile hub -> {
                if (hub.directory().hasConfig()) {
                    hub.directory()
                            .config()
                            .fields()
                            .forEach((key, value) -> fields.add(new Field(key, "json", value)));
                }
            }
        }
        return fields;
    }

    /** This inspection as a JSON object of the same fields. */
    public String json() {
        ObjectNode root = WRITER.createObjectNode();
        root.put("source", source);
        root.put("container", container);
        architecture.ifPresent(name -> root.put("architecture", name));
        root.put("parameters", parameters);
        root.put("bytes", bytes);
        sha256.ifPresent(hash -> root.put("sha256", hash));
        ArrayNode fields = root.putArray("metadata");
        for (Field field : metadata) {
            fields.addObject().put("key", field.key()).put("type", field.type()).put("value", field.value());
        }
        ArrayNode sums = root.putArray("totals");
        for (Total total : totals) {
            sums.addObject()
                    .put("type", total.type())
                    .put("tensors", total.tensors())
                    .put("elements", total.elements())
                    .put("bytes", total.bytes());
        }
        ArrayNode list = root.putArray("tensors");
        for (Tensor tensor : tensors) {
            ObjectNode node = list.addObject();
            node.put("name", tensor.name()).put("type", tensor.type());
            ArrayNode shape = node.putArray("shape");
            tensor.shape().forEach(shape::add);
            node.put("bytes", tensor.bytes()).put("offset", tensor.offset());
        }
        try {
            return WRITER.writerWithDefaultPrettyPrinter().writeValueAsString(root);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a tree of plain values cannot be written", impossible);
        }
    }
}
