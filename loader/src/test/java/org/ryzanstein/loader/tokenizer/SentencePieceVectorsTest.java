package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small models with every setting that is supported give the ids and texts that sentencepiece 0.2.2 gives, and their hub
 * form those that tokenizers 0.23.2 gives.
 */
class SentencePieceVectorsTest {
    private static final EncodeOptions PLAIN = new EncodeOptions(false, false);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory = Path.of("");

    @ParameterizedTest
    @ValueSource(strings = {"plain", "marked", "bare", "unused"})
    void modelFilesGiveTheIdsOfSentencePiece(String name) throws IOException {
        Files.copy(TinySentencePiece.file(name + ".model"), directory.resolve("tokenizer.model"));
        Tokenizer tokenizer = Tokenizers.fromHub(directory);
        JsonNode cases = JSON.readTree(
                        TinySentencePiece.file(name + "-vectors.json").toFile())
                .get("cases");
        check(tokenizer, cases, PLAIN, 70);
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "bare"})
    void theSameVocabulariesAsGgufGiveThemToo(String name) throws IOException {
        Tokenizer tokenizer =
                Tokenizers.fromGguf(TinySentencePiece.metadata(name).with("add_bos_token", false));
        JsonNode cases = JSON.readTree(
                        TinySentencePiece.file(name + "-vectors.json").toFile())
                .get("cases");
        check(tokenizer, cases, PLAIN, 70);
    }

    @ParameterizedTest
    @ValueSource(strings = {"prepend", "first-whole", "always-whole", "first-split", "never-whole"})
    void hubFilesGiveTheIdsOfTokenizers(String settings) throws IOException {
        ObjectNode root = (ObjectNode)
                JSON.readTree(TinySentencePiece.file("tokenizer.json").toFile());
        JsonNode vectors = JSON.readTree(
                        TinySentencePiece.file("hub-vectors.json").toFile())
                .get(settings);
        root.setAll((ObjectNode) vectors.get("settings"));
        JSON.writeValue(directory.resolve("tokenizer.json").toFile(), root);
        check(Tokenizers.fromHub(directory), vectors.get("cases"), new EncodeOptions(false, true), 45);
    }

    private static void check(Tokenizer tokenizer, JsonNode cases, EncodeOptions options, int atLeast) {
        assertThat(cases.size()).isGreaterThanOrEqualTo(atLeast);
        for (JsonNode one : cases) {
            JsonNode list = one.get("ids");
            int[] ids = IntStream.range(0, list.size())
                    .map(i -> list.get(i).intValue())
                    .toArray();
            String text = one.get("text").textValue();
            assertThat(tokenizer.encode(text, options)).as(text).isEqualTo(ids);
            if (IntStream.of(ids).noneMatch(id -> id == 0)) { // sentencepiece shows the unknown token
                assertThat(tokenizer.decode(ids, false))
                        .as(text)
                        .isEqualTo(one.get("decoded").textValue());
            }
        }
    }
}
