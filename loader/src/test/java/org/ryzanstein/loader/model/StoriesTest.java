package org.ryzanstein.loader.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.loader.tokenizer.SharedData;

/** A real Llama, karpathy's stories260K, against llama.cpp's tokens and float64 logits. */
class StoriesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    static Path file(String type) {
        return data("stories260K-" + type + ".gguf");
    }

    private static Path data(String name) {
        return SharedData.path("stories260K").resolve(name);
    }

    private static int[] ids(JsonNode array) {
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = array.get(i).asInt();
        }
        return ids;
    }

    @Test
    void float32LogitsAreTheFloat64ReferencesWithinAThousandth() throws IOException {
        JsonNode cases = JSON.readTree(data("reference-float64.json").toFile());
        for (JsonNode one : cases) {
            int[] prompt = ids(one.get("ids"));
            double[] expected = npy(data(one.get("logits").asText()));
            try (ModelRunner runner = new ModelRunner(data("stories260K-f32.gguf"), 64)) {
                List<float[]> logits = runner.feed(prompt);
                for (int position = 0; position < prompt.length; position++) {
                    for (int token = 0; token < logits.get(position).length; token++) {
                        assertThat((double) logits.get(position)[token])
                                .as("prompt %s, position %d, token %d", one.get("prompt"), position, token)
                                .isCloseTo(
                                        expected[position * logits.get(position).length + token],
                                        org.assertj.core.data.Offset.offset(1e-3));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32", "f16", "bf16", "q8_0", "q4_0"})
    void greedyTokensAreThoseOfLlamaCppUpToTheFirstNarrowGap(String type) throws IOException {
        String file = "stories260K-" + type + ".gguf";
        // llama.cpp's tokens of the BF16 file are not stored: those of the file that it was made from stand for them.
        String referenceFile = type.equals("bf16") ? "stories260K-f32.gguf" : file;
        JsonNode reference = JSON.readTree(data("reference-llama.cpp.json").toFile());
        int compared = 0;
        for (JsonNode one : reference.get("cases")) {
            if (!one.get("file").asText().equals(referenceFile)) {
                continue;
            }
            int[] expected = ids(one.get("greedy_ids"));
            try (ModelRunner runner = new ModelRunner(data(file), 64)) {
                List<float[]> logits = runner.feed(ids(one.get("ids")));
                for (int id : expected) {
                    if (!type.equals("f32") && ModelRunner.gap(logits.getLast()) < 0.1f) {
                        break;
                    }
                    assertThat(ModelRunner.argmax(logits.getLast()))
                            .as("%s, prompt %s", file, one.get("prompt"))
                            .isEqualTo(id);
                    logits = runner.feed(id);
                    compared++;
                }
            }
        }
        assertThat(compared).as(file + ": steps compared").isGreaterThan(type.equals("f32") ? 299 : 60);
    }

    /** The numbers of a float64 NumPy file. */
    private static double[] npy(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int header = bytes.getShort(8) & 0xffff;
        double[] values = new double[(bytes.capacity() - 10 - header) / Double.BYTES];
        bytes.position(10 + header)
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asDoubleBuffer()
                .get(values);
        return values;
    }
}
