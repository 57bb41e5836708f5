package org.ryzanstein.loader.hostile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Changes JSON texts: mostly one value or name, so that the text stays JSON, else the text itself. */
final class JsonMutator {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    /** Stands in the tree for text that no tree can hold. */
    private static final String RAW = "@raw@";

    private static final List<String> RAW_VALUES = List.of(
            "1e999999999",
            "123456789012345678901234567890",
            "9".repeat(5000),
            "-0",
            "1.5",
            "1E400",
            "NaN",
            "01",
            "'a'",
            "tru",
            "\"\\ud800\"",
            "\"\\u0000\"",
            "1, \"dtype\": \"F32\"",
            "1, \"x\": 1, \"x\": 2",
            "[".repeat(40) + "]".repeat(40),
            "[".repeat(5000) + "]".repeat(5000),
            "{\"type\":".repeat(5000) + "1" + "}".repeat(5000),
            "[".repeat(100_000),
            "\"" + "x".repeat(100_000) + "\"");

    private JsonMutator() {}

    static byte[] mutate(byte[] original, SplittableRandom random) {
        if (random.nextInt(12) == 0) {
            return Odd.bytes(original, 0, original.length, random);
        }
        JsonNode root = parse(original);
        String raw = "";
        for (int n = 1 + random.nextInt(2) * random.nextInt(3); n > 0; n--) {
            raw = change(root, raw, random);
        }
        String text = root.toString();
        byte[] bytes = (raw.isEmpty() ? text : text.replace('"' + RAW + '"', raw)).getBytes(StandardCharsets.UTF_8);
        return random.nextInt(40) == 0 ? withInvalidUtf8(bytes, random) : bytes;
    }

    private static JsonNode parse(byte[] original) {
        try {
            return MAPPER.readTree(original);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the seed is no JSON", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Inside a string, if there is one near. */
    private static byte[] withInvalidUtf8(byte[] bytes, SplittableRandom random) {
        byte[] changed = bytes.clone();
        changed[random.nextInt(bytes.length)] = (byte) (0x80 + random.nextInt(0x80));
        return changed;
    }

    /** Changes a member or element somewhere; returns the raw text to be put in, if there is some. */
    private static String change(JsonNode root, String raw, SplittableRandom random) {
        ContainerNode<?> place = container(root, random);
        int kind = random.nextInt(12);
        if (place.isEmpty() || kind == 0) {
            add(place, "added" + random.nextInt(3), value(random));
            return raw;
        }
        int at = random.nextInt(place.size());
        switch (kind) {
            case 1 -> remove(place, at);
            case 2 -> rename(place, at, Odd.text(random));
            case 3 -> set(place, at, elementOf(container(root, random), random).deepCopy());
            case 4 -> {
                String value = RAW_VALUES.get(random.nextInt(RAW_VALUES.size()));
                set(place, at, NODES.textNode(RAW));
                return raw.isEmpty() ? value : raw;
            }
            case 5 -> add(place, Odd.text(random), element(place, at).deepCopy());
            case 6, 7, 8 -> set(place, at, like(element(place, at), random));
            default -> set(place, at, value(random));
        }
        return raw;
    }

    /** A container, the outer ones more often: vocabularies would crowd out the rest. */
    private static ContainerNode<?> container(JsonNode root, SplittableRandom random) {
        JsonNode node = root;
        while (random.nextInt(4) != 0) {
            List<JsonNode> inner = new ArrayList<>();
            for (JsonNode child : node) {
                if (child.isContainerNode()) {
                    inner.add(child);
                }
            }
            if (inner.isEmpty()) {
                break;
            }
            node = Odd.of(inner, random);
        }
        return (ContainerNode<?>) node;
    }

    private static JsonNode elementOf(ContainerNode<?> container, SplittableRandom random) {
        return container.isEmpty() ? NODES.nullNode() : element(container, random.nextInt(container.size()));
    }

    private static JsonNode element(ContainerNode<?> container, int at) {
        return container instanceof ObjectNode object ? object.get(name(object, at)) : container.get(at);
    }

    private static String name(ObjectNode object, int at) {
        return List.copyOf(object.properties()).get(at).getKey();
    }

    private static void set(ContainerNode<?> container, int at, JsonNode value) {
        if (container instanceof ObjectNode object) {
            object.set(name(object, at), value);
        } else {
            ((ArrayNode) container).set(at, value);
        }
    }

    private static void remove(ContainerNode<?> container, int at) {
        if (container instanceof ObjectNode object) {
            object.remove(name(object, at));
        } else {
            ((ArrayNode) container).remove(at);
        }
    }

    private static void rename(ContainerNode<?> container, int at, String name) {
        if (container instanceof ObjectNode object) {
            JsonNode value = object.remove(name(object, at));
            object.set(name, value);
        } else {
            remove(container, at);
        }
    }

    private static void add(ContainerNode<?> container, String name, JsonNode value) {
        if (container instanceof ObjectNode object) {
            object.set(name, value);
        } else {
            ((ArrayNode) container).add(value);
        }
    }

    /** Another value of the same type. */
    private static JsonNode like(JsonNode value, SplittableRandom random) {
        if (value.isIntegralNumber()) {
            return NODES.numberNode(Odd.number(random, value.longValue()));
        }
        if (value.isTextual()) {
            return NODES.textNode(Odd.text(random));
        }
        if (value.isBoolean()) {
            return NODES.booleanNode(!value.booleanValue());
        }
        return value(random);
    }

    private static JsonNode value(SplittableRandom random) {
        return switch (random.nextInt(8)) {
            case 0 -> NODES.nullNode();
            case 1 -> NODES.booleanNode(random.nextBoolean());
            case 2 -> NODES.arrayNode();
            case 3 -> NODES.objectNode();
            case 4 -> NODES.textNode(Odd.text(random));
            case 5 -> NODES.numberNode(random.nextInt(-1000, 1000) / 8.0);
            case 6 -> NODES.arrayNode().add(Odd.number(random, 100)).add(Odd.text(random));
            default -> NODES.numberNode(Odd.number(random, 100));
        };
    }
}
