package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.loader.format.GgufFile;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.progress.ProgressListener;

/** Vocabularies of SentencePiece in hub directories, written as GGUF and read again. */
class GgufVocabularyTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final EncodeOptions PLAIN = new EncodeOptions(false, false);
    private static final EncodeOptions SPECIAL = new EncodeOptions(false, true);

    @TempDir
    Path directory = Path.of("");

    private GgufVocabulary vocabulary(int size) {
        return GgufVocabulary.ofHub(directory, size);
    }

    private Tokenizer written(GgufVocabulary vocabulary) throws IOException {
        GgufWriter writer = new GgufWriter();
        vocabulary.addTo(writer);
        Path path = directory.resolve("vocabulary.gguf");
        writer.write(path, ProgressListener.NONE);
        try (GgufFile file = GgufFile.open(path)) {
            return Tokenizers.fromGguf(file.metadata());
        }
    }

    private void model(String name) throws IOException {
        Files.copy(TinySentencePiece.file(name + ".model"), directory.resolve("tokenizer.model"));
    }

    private void config(String json) throws IOException {
        Files.writeString(directory.resolve("tokenizer_config.json"), json.replace('\'', '"'));
    }

    /** The small tokenizer.json with members replaced. */
    private void json(Consumer<ObjectNode> change) throws IOException {
        ObjectNode root = (ObjectNode)
                JSON.readTree(TinySentencePiece.file("tokenizer.json").toFile());
        change.accept(root);
        JSON.writeValue(directory.resolve("tokenizer.json").toFile(), root);
    }

    private static void check(Tokenizer tokenizer, JsonNode cases, EncodeOptions options) {
        assertThat(cases.size()).isGreaterThan(40);
        for (JsonNode one : cases) {
            int[] ids = IntStream.range(0, one.get("ids").size())
                    .map(i -> one.get("ids").get(i).intValue())
                    .toArray();
            String text = one.get("text").textValue();
            assertThat(tokenizer.encode(text, options)).as(text).isEqualTo(ids);
            if (one.has("decoded") && IntStream.of(ids).noneMatch(id -> id == 0)) {
                assertThat(tokenizer.decode(ids, false))
                        .isEqualTo(one.get("decoded").textValue());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "bare", "unused"})
    void modelFilesGiveTheIdsOfSentencePiece(String name) throws IOException {
        model(name);
        GgufVocabulary vocabulary = vocabulary(800);
        assertThat(vocabulary.notes()).isEmpty();
        Tokenizer tokenizer = written(vocabulary);
        assertThat(tokenizer.vocabularySize()).isEqualTo(800);
        assertThat(tokenizer.token(799)).isEqualTo("[PAD799]");
        check(
                tokenizer,
                JSON.readTree(TinySentencePiece.file(name + "-vectors.json").toFile())
                        .get("cases"),
                PLAIN);
        Tokenizer hub = Tokenizers.fromHub(directory);
        assertThat(tokenizer.bos()).isEqualTo(hub.bos());
        assertThat(tokenizer.eos()).isEqualTo(hub.eos());
        assertThat(tokenizer.endOfGeneration()).isEqualTo(hub.endOfGeneration());
        EncodeOptions framed = new EncodeOptions(true, true);
        assertThat(tokenizer.encode("the", framed)).isEqualTo(hub.encode("the", framed));
    }

    @Test
    void theModelOfLlama2GivesItsVectors() throws IOException {
        Files.copy(SharedData.path("tokenizers/spm/llama2-tokenizer.model"), directory.resolve("tokenizer.model"));
        check(written(vocabulary(32_000)), llama2Vectors(), PLAIN);
    }

    /** No scores are in that file: they come from the order of its merges. */
    @Test
    void theHubsFormOfLlama2GivesItsVectors() throws IOException {
        SentencePieceModel model =
                SentencePieceModelReader.read(SharedData.path("tokenizers/spm/llama2-tokenizer.model"));
        HubFormOfSentencePiece.write(model, directory.resolve("tokenizer.json"));
        GgufVocabulary vocabulary = vocabulary(32_000);
        assertThat(vocabulary.notes()).isEmpty();
        check(written(vocabulary), llama2Vectors(), PLAIN);
    }

    private static JsonNode llama2Vectors() throws IOException {
        return JSON.readTree(SharedData.path("tokenizers/spm/vectors.json").toFile())
                .get("cases");
    }

    /** With Metaspace, text that begins with a space gets no other one; GGUF has no key for that. */
    @ParameterizedTest
    @ValueSource(strings = {"prepend", "first-whole", "always-whole", "first-split", "never-whole"})
    void hubFilesCutOrdinaryTextAlikeAndTheRestIsNoted(String settings) throws IOException {
        JsonNode vectors = JSON.readTree(
                        TinySentencePiece.file("hub-vectors.json").toFile())
                .get(settings);
        json(root -> root.setAll((ObjectNode) vectors.get("settings")));
        GgufVocabulary vocabulary = vocabulary(702);
        Tokenizer tokenizer = written(vocabulary);
        Tokenizer hub = Tokenizers.fromHub(directory);
        assertThat(tokenizer.token(700)).isEqualTo("<tool>");
        int same = 0;
        for (JsonNode one : vectors.get("cases")) {
            String text = one.get("text").textValue();
            boolean ordinary =
                    !text.contains("<") && !text.contains("  ") && !text.contains("▁") && !text.startsWith(" ");
            if (ordinary) {
                assertThat(tokenizer.encode(text, SPECIAL)).as(text).isEqualTo(hub.encode(text, SPECIAL));
                same++;
            }
        }
        assertThat(same).isGreaterThan(10);
        String notes = String.join("\n", vocabulary.notes());
        boolean others = List.of("first-whole", "always-whole", "first-split").contains(settings);
        assertThat(notes.contains("rules about spaces")).isEqualTo(others);
        assertThat(notes.contains("behind \"<unk>\"")).isEqualTo(others);
        assertThat(notes).contains("lstrip, rstrip and single_word");
    }

    @Test
    void addedTokensAreWritten() throws IOException {
        model("plain");
        config("""
                {'legacy': false, 'added_tokens_decoder': {
                  '2': {'content': '</s>', 'special': true},
                  '700': {'content': '<tool>', 'special': false},
                  '701': {'content': '<turn>', 'special': true, 'rstrip': true}}}""");
        Files.writeString(directory.resolve("generation_config.json"), "{\"eos_token_id\": [2, 701, 5]}");
        GgufVocabulary vocabulary = vocabulary(702);
        assertThat(vocabulary.notes())
                .anySatisfy(note -> assertThat(note).contains("lstrip").contains("<turn>"))
                .anySatisfy(note -> assertThat(note).contains("behind an added token"));
        Tokenizer tokenizer = written(vocabulary);
        assertThat(tokenizer.endOfGeneration()).containsExactlyInAnyOrder(2, 5, 701);
        assertThat(tokenizer.encode("<tool><turn>", SPECIAL)).containsExactly(700, 701);
        assertThat(tokenizer.encode("<tool><turn>", PLAIN)).startsWith(700).doesNotContain(701);
        assertThat(tokenizer.isControl(701)).isTrue();
        assertThat(tokenizer.isControl(700)).isFalse();
    }

    @Test
    void refusesWhatGgufCannotSay() throws IOException {
        model("marked");
        assertThatThrownBy(() -> vocabulary(800))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("tokenizer.model")
                .hasMessageContaining("byte_fallback")
                .hasMessageContaining("expected true");
        Files.delete(directory.resolve("tokenizer.model"));
        model("plain");
        assertThatThrownBy(() -> vocabulary(600))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining(
                        "model.pieces: found 700 tokens, expected at most the vocabulary of the model, 600");
    }

    @Test
    void refusesMergesThatAreNoScores() throws IOException {
        json(root -> ((ArrayNode) root.get("model").get("merges")).remove(50));
        assertThatThrownBy(() -> vocabulary(702))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("model.merges: found")
                .hasMessageContaining("ways to put")
                .hasMessageContaining("without tokenizer.json");
        json(root -> {
            ArrayNode merges = (ArrayNode) root.get("model").get("merges");
            JsonNode moved = merges.remove(firstOfSeveral(merges));
            merges.add(moved);
        });
        assertThatThrownBy(() -> vocabulary(702))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("in no order of the two");
        json(root -> ((ObjectNode) root.get("model")).put("unk_token", "<nothing>"));
        assertThatThrownBy(() -> vocabulary(702)).hasMessageContaining("model.unk_token");
    }

    /** The first merge whose result the next one has too. */
    private static int firstOfSeveral(ArrayNode merges) {
        return IntStream.range(0, merges.size() - 1)
                .filter(i -> joined(merges.get(i)).equals(joined(merges.get(i + 1))))
                .findFirst()
                .orElseThrow();
    }

    private static String joined(JsonNode merge) {
        return merge.isArray()
                ? merge.get(0).textValue() + merge.get(1).textValue()
                : merge.textValue().replaceFirst(" ", "");
    }
}
