package org.ryzanstein.loader.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** The embedded model's reference: what an independent float64 implementation computes. */
final class Reference {
    /** Steps whose two best logits are closer than this may go either way: one activation rounded differently suffices. */
    static final double CLEAR_GAP = 0.2;

    /** Most that a logit may differ from the reference. */
    static final double LOGIT_TOLERANCE = 0.2;

    private static final JsonNode JSON = readJson();
    private static final ByteBuffer LOGITS =
            ByteBuffer.wrap(bytes("logits.safetensors")).order(ByteOrder.LITTLE_ENDIAN);

    /**
     * One prompt.
     *
     * @param greedy what greedy decoding gives
     * @param gaps best minus second best logit at each step of it
     */
    record Prompt(int index, String text, int[] ids, int[] greedy, double[] gaps) {
        /** Prompt and continuation. */
        int[] whole() {
            int[] whole = java.util.Arrays.copyOf(ids, ids.length + greedy.length);
            System.arraycopy(greedy, 0, whole, ids.length, greedy.length);
            return whole;
        }

        int firstUnclearStep() {
            int step = 0;
            while (step < gaps.length && gaps[step] >= CLEAR_GAP) {
                step++;
            }
            return step;
        }

        @Override
        public String toString() {
            return "\"" + text + "\"";
        }
    }

    private Reference() {}

    static List<Prompt> prompts() {
        List<Prompt> prompts = new ArrayList<>();
        for (JsonNode node : JSON.get("prompts")) {
            prompts.add(new Prompt(
                    prompts.size(),
                    node.get("prompt").asText(),
                    ints(node.get("ids")),
                    ints(node.get("greedy_ids")),
                    StreamSupport.stream(node.get("gaps_f64").spliterator(), false)
                            .mapToDouble(JsonNode::asDouble)
                            .toArray()));
        }
        return prompts;
    }

    /** The float64 logits after a prompt's token. */
    static double[] logits(Prompt prompt, int position) {
        LOGITS.position(0);
        byte[] header = new byte[(int) LOGITS.getLong()];
        LOGITS.get(header);
        int data = LOGITS.position();
        try {
            JsonNode tensor = new ObjectMapper()
                    .readTree(new String(header, StandardCharsets.UTF_8))
                    .get("prompt" + prompt.index() + ".logits_f64");
            int vocabulary = tensor.get("shape").get(1).asInt();
            int start = data + tensor.get("data_offsets").get(0).asInt() + position * vocabulary * Double.BYTES;
            double[] logits = new double[vocabulary];
            for (int i = 0; i < vocabulary; i++) {
                logits[i] = LOGITS.getDouble(start + i * Double.BYTES);
            }
            return logits;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A number of the reference, such as {@code /perplexity/ppl}. */
    static double number(String pointer) {
        JsonNode node = JSON.at(pointer);
        if (!node.isNumber()) {
            throw new IllegalArgumentException("the reference has no number " + pointer);
        }
        return node.asDouble();
    }

    /** Tokens of the held-out stories. */
    static int[] heldout() {
        ByteBuffer shorts = ByteBuffer.wrap(bytes("heldout.bin")).order(ByteOrder.LITTLE_ENDIAN);
        int[] ids = new int[shorts.remaining() / Short.BYTES];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = Short.toUnsignedInt(shorts.getShort());
        }
        return ids;
    }

    /** A test resource of the loader. */
    static Path resource(String name) {
        try {
            var url = Reference.class.getResource("/org/ryzanstein/loader/" + name);
            if (url == null) {
                throw new IllegalStateException("no test resource " + name);
            }
            return Path.of(url.toURI());
        } catch (java.net.URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A file or folder of {@code shared/data} beside the repository or above; the test is skipped where there is none. */
    static Path shared(String name) {
        Path found = findShared(name);
        Assumptions.assumeTrue(found != null, "skipped: no shared/data/" + name + " beside the repository");
        if (found == null) {
            throw new IllegalStateException(name);
        }
        return found;
    }

    private static @Nullable Path findShared(String name) {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            Path path = folder.resolve("shared/data").resolve(name);
            if (Files.exists(path)) {
                return path;
            }
        }
        return null;
    }

    private static int[] ints(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }

    private static JsonNode readJson() {
        try {
            return new ObjectMapper().readTree(bytes("reference.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] bytes(String name) {
        try (InputStream in = Reference.class.getResourceAsStream("/org/ryzanstein/loader/reference/" + name)) {
            if (in == null) {
                throw new IllegalStateException("no test resource " + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
