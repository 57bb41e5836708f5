package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ryzanstein.loader.format.ModelFormatException;

/** Directories with a {@code tokenizer.model} and its companions, or with its form as {@code tokenizer.json}. */
class SentencePieceDirectoryTest {
    private static final EncodeOptions FRAMED = new EncodeOptions(true, true);
    private static final EncodeOptions SPECIAL = new EncodeOptions(false, true);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory = Path.of("");

    private final int the = TinySentencePiece.id("plain", "▁the");

    @BeforeEach
    void copyTheModel() throws IOException {
        Files.copy(TinySentencePiece.file("plain.model"), directory.resolve("tokenizer.model"));
    }

    private Tokenizer read() {
        return Tokenizers.fromHub(directory);
    }

    private void write(String name, String json) throws IOException {
        Files.writeString(directory.resolve(name), json.replace('\'', '"'));
    }

    @Test
    void withoutCompanionsTheModelNamesItsTokens() {
        assertThat(read().bos()).hasValue(1);
        assertThat(read().eos()).hasValue(2);
        assertThat(read().endOfGeneration()).containsExactly(2);
        assertThat(read().encode("the</s>the", FRAMED)).containsExactly(1, the, 2, the);
    }

    @Test
    void aModelWithoutABeginningHasNone() throws IOException {
        Files.delete(directory.resolve("tokenizer.model"));
        Files.copy(TinySentencePiece.file("bare.model"), directory.resolve("tokenizer.model"));
        assertThat(read().bos()).isEmpty();
        assertThat(read().token(read().eos().orElseThrow())).isEqualTo("<end>");
        assertThat(read().encode("", FRAMED)).isEmpty();
    }

    @Test
    void theConfigurationDecides() throws IOException {
        write("tokenizer_config.json", "{'bos_token': '</s>', 'eos_token': '<s>', 'add_eos_token': true}");
        assertThat(read().encode("the", FRAMED)).containsExactly(2, the, 1);
        write("tokenizer_config.json", "{'add_bos_token': false}");
        write("generation_config.json", "{'bos_token_id': 5, 'eos_token_id': [1, 4]}");
        assertThat(read().encode("the", FRAMED)).containsExactly(the);
        assertThat(read().bos()).hasValue(5);
        assertThat(read().eos()).hasValue(1);
        assertThat(read().endOfGeneration()).containsExactlyInAnyOrder(1, 2, 4);
    }

    @Test
    void unlessLegacyASpaceGoesBeforeTheFirstStretchOnly() throws IOException {
        write("tokenizer_config.json", "{'legacy': false}");
        assertThat(read().encode("the</s> the", SPECIAL)).containsExactly(the, 2, the);
        assertThat(read().encode("</s>the", SPECIAL)).doesNotContain(the);
    }

    @Test
    void tokensAreAddedByTheConfiguration() throws IOException {
        write(
                "tokenizer_config.json",
                "{'added_tokens_decoder': {'701': {'content': '<|end|>', 'special': true, 'rstrip': true},"
                        + " '2': {'content': '</s>', 'special': false}, '0': {'content': '<unk>', 'special': true}}}");
        write("added_tokens.json", "{'<|end|>': 701, '</s>': 2}");
        Tokenizer tokenizer = read();
        assertThat(tokenizer.vocabularySize()).isEqualTo(702);
        assertThat(tokenizer.encode("the<|end|>  the", SPECIAL)).containsExactly(the, 701, the);
        assertThat(tokenizer.encode("the</s>", new EncodeOptions(false, false))).containsExactly(the, 2);
        assertThat(tokenizer.decode(new int[] {the, 2, 701}, false)).isEqualTo("the</s>");
        assertThat(tokenizer.endOfGeneration()).contains(701);
        assertThat(tokenizer.isControl(700)).isTrue();
        assertThat(tokenizer.decode(new int[] {700}, true)).isEmpty();
    }

    @Test
    void refusesAddedTokensFarBehindThePieces() throws IOException {
        write("tokenizer_config.json", "{'added_tokens_decoder': {'4000000': {'content': 'far'}}}");
        refused("tokenizer.model: model.pieces: found the id 4000000 among 701 tokens, expected ids below 6900");
    }

    @Test
    void refusesAddedTokensItCannotPlace() throws IOException {
        write("added_tokens.json", "{'<|end|>': 700}");
        refused("added_tokens.json: <|end|>: found \"700\", expected a token that added_tokens_decoder");
        write("added_tokens.json", "{}");
        write("tokenizer_config.json", "{'added_tokens_decoder': {'x': {'content': 'y'}}}");
        refused("tokenizer_config.json: added_tokens_decoder: found \"x\", expected token ids");
        write("tokenizer_config.json", "{'added_tokens_decoder': {'-1': {'content': 'y'}}}");
        refused("tokenizer_config.json: added_tokens_decoder: found \"-1\", expected ids from 0 to 4194303");
        write("tokenizer_config.json", "{'added_tokens_decoder': {'2': {'content': 'y'}}}");
        refused("tokenizer.model: model.pieces: found the id 2 for \"</s>\", and for \"y\" in tokenizer_config.json");
        write("tokenizer_config.json", "{'added_tokens_decoder': []}");
        refused("tokenizer_config.json: added_tokens_decoder: found \"[]\", expected an object");
    }

    @Test
    void refusesAModelWithNeitherBytesNorAnUnknownToken() throws IOException {
        ProtobufBytes model =
                new ProtobufBytes().piece("a", 0, TokenKind.NORMAL).message(2, new ProtobufBytes().varint(3, 2));
        Files.write(directory.resolve("tokenizer.model"), model.toByteArray());
        refused("model.pieces: found neither byte tokens nor an unknown token, expected one of them");
        model.message(2, new ProtobufBytes().varint(35, 1));
        Files.write(directory.resolve("tokenizer.model"), model.toByteArray());
        refused("model.pieces: found no byte token <0x00>");
    }

    @Test
    void neighboursWithoutATokenAreOneUnknownToken() throws IOException {
        Files.delete(directory.resolve("tokenizer.model"));
        Files.copy(TinySentencePiece.file("marked.model"), directory.resolve("tokenizer.model"));
        assertThat(read().encode("日本</s>日", SPECIAL))
                .containsSubsequence(0, 2, 0)
                .hasSizeLessThan(6);
        assertThat(read().describe())
                .isEqualTo("SentencePiece BPE, 500 tokens, no byte fallback, extra spaces removed");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '#',
            value = {
                "normalizer | null | normalizer: found \"null\", expected a Replace of spaces",
                "normalizer | {'type': 'NFC'} | normalizer.type: found \"\"NFC\"\", expected Prepend or Replace",
                "normalizer | {'type': 'Prepend', 'prepend': 'x'} | normalizer.prepend: found \"\"x\"\"",
                "normalizer | {'type': 'Sequence', 'normalizers': [{'type': 'Prepend', 'prepend': '▁'},"
                        + " {'type': 'Prepend', 'prepend': '▁'}]} | normalizer.normalizers[1]: found",
                "normalizer | {'type': 'Replace', 'pattern': {'String': 'a'}} | normalizer.pattern.String: found",
                "normalizer | {'type': 'Replace', 'pattern': {'Regex': 'a'}} | normalizer.pattern.String: found nothing",
                "normalizer | {'type': 'Replace', 'pattern': {'String': ' '}, 'content': '_'} | normalizer.content: found",
                "decoder | null | decoder: found \"null\", expected Replace, ByteFallback, Fuse and perhaps Strip",
                "decoder | {'type': 'ByteLevel'} | decoder: found",
                "decoder | {'type': 'Replace', 'pattern': {'String': ' '}} | decoder.pattern.String: found",
                "decoder | {'type': 'Strip', 'content': ' ', 'start': 0, 'stop': 0} | decoder.start: found",
                "decoder | {'type': 'Strip', 'content': ' ', 'start': 1, 'stop': 1} | decoder.stop: found",
                "decoder | {'type': 'Strip', 'content': 'x'} | decoder.content: found",
                "pre_tokenizer | {'type': 'Split'} | pre_tokenizer.type: found \"\"Split\"\", expected Metaspace",
                "pre_tokenizer | {'type': 'Metaspace'} | normalizer: found",
            })
    void refusesHubFilesItCannotFollow(String field, String value, String message) throws IOException {
        hubForm(field, value);
        refused("tokenizer.json: " + message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '#',
            value = {
                "{'type': 'Metaspace', 'replacement': '_'} | pre_tokenizer.replacement: found",
                "{'type': 'Metaspace', 'replacement': '▁', 'prepend_scheme': 'x'} | pre_tokenizer.prepend_scheme: found",
            })
    void refusesMetaspaceItCannotFollow(String value, String message) throws IOException {
        ObjectNode root = hubForm("pre_tokenizer", value);
        root.putNull("normalizer");
        JSON.writeValue(directory.resolve("tokenizer.json").toFile(), root);
        refused("tokenizer.json: " + message);
    }

    @Test
    void metaspaceWithoutASchemeHasTheOlderFlag() throws IOException {
        ObjectNode root = hubForm("pre_tokenizer", "{'type': 'Metaspace', 'replacement': '▁'}");
        root.putNull("normalizer");
        JSON.writeValue(directory.resolve("tokenizer.json").toFile(), root);
        assertThat(read().encode("the", SPECIAL)).containsExactly(the);
        ((ObjectNode) root.get("pre_tokenizer")).put("add_prefix_space", false);
        JSON.writeValue(directory.resolve("tokenizer.json").toFile(), root);
        assertThat(read().encode("the", SPECIAL)).doesNotContain(the);
    }

    @Test
    void refusesHubFilesWithoutAllBytes() throws IOException {
        ObjectNode root = hubForm("version", "'1.0'");
        ((ObjectNode) root.get("model").get("vocab")).remove("<0x41>");
        JSON.writeValue(directory.resolve("tokenizer.json").toFile(), root);
        refused("tokenizer.json: model.vocab: found no byte token <0x41>");
        ((ObjectNode) root.get("model")).put("ignore_merges", true);
        JSON.writeValue(directory.resolve("tokenizer.json").toFile(), root);
        refused("tokenizer.json: model.ignore_merges: found \"true\", expected false");
    }

    private ObjectNode hubForm(String field, String value) throws IOException {
        ObjectNode root = (ObjectNode)
                JSON.readTree(Files.readString(TinySentencePiece.file("tokenizer.json"), StandardCharsets.UTF_8));
        root.set(field, JSON.readTree(value.replace('\'', '"')));
        JSON.writeValue(directory.resolve("tokenizer.json").toFile(), root);
        return root;
    }

    private void refused(String message) {
        assertThatThrownBy(this::read)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(directory.toString())
                .hasMessageContaining(message);
    }
}
