package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.loader.format.ModelFormatException;

class HubTokenizerReaderTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final EncodeOptions FRAMED = new EncodeOptions(true, false);
    private static final EncodeOptions PLAIN = new EncodeOptions(false, false);

    @TempDir
    Path directory;

    private final ObjectNode root = JSON.createObjectNode();
    private final ObjectNode model = root.putObject("model");
    private final ObjectNode vocabulary = model.putObject("vocab");

    @BeforeEach
    void aSmallFile() {
        for (int value = 0; value < 256; value++) {
            vocabulary.put(String.valueOf(ByteAlphabet.character(value)), value);
        }
        vocabulary.put("he", 256);
        vocabulary.put("hel", 257);
        model.put("type", "BPE");
        model.putArray("merges").add("h e").add("he l");
        root.set("pre_tokenizer", json("{'type': 'ByteLevel', 'add_prefix_space': false}"));
        root.set(
                "added_tokens",
                json("[{'id': 258, 'content': '<s>', 'special': true}, {'id': 259, 'content': '</s>', 'special': true},"
                        + "{'id': 260, 'content': '<think>', 'special': false, 'normalized': false}]"));
    }

    @Test
    void readsMergesInBothSpellings() {
        assertThat(read().encode("hel", PLAIN)).containsExactly(257);
        ArrayNode merges = model.putArray("merges");
        merges.addArray().add("h").add("e");
        merges.addArray().add("he").add("l");
        assertThat(read().encode("hel", PLAIN)).containsExactly(257);
    }

    @Test
    void addedTokensFollowTheirFlags() {
        Tokenizer tokenizer = read();
        assertThat(tokenizer.encode("<think><s>", PLAIN)).startsWith(260).doesNotContain(258);
        assertThat(tokenizer.encode("<think><s>", new EncodeOptions(false, true)))
                .containsExactly(260, 258);
        assertThat(tokenizer.isControl(258)).isTrue();
        assertThat(tokenizer.isControl(260)).isFalse();
        root.set(
                "added_tokens",
                json("[{'id': 300, 'content': '<m>', 'lstrip': true, 'rstrip': true, 'single_word': true}]"));
        Tokenizer stripping = read();
        assertThat(stripping.encode("h <m> e", PLAIN)).containsExactly('h', 300, 'e');
        assertThat(stripping.encode("h<m>e", PLAIN)).doesNotContain(300);
        assertThat(stripping.vocabularySize()).isEqualTo(301);
        assertThat(stripping.token(299)).isEmpty();
        assertThat(stripping.bytes(299)).isEmpty();
    }

    @Test
    void framesATextByTheTemplate() {
        root.set("post_processor", json(template("<s>", "</s>")));
        Tokenizer tokenizer = read();
        assertThat(tokenizer.encode("h", FRAMED)).containsExactly(258, 'h', 259);
        assertThat(tokenizer.encode("h", PLAIN)).containsExactly('h');
        root.set(
                "post_processor",
                json("{'type': 'Sequence', 'processors': [{'type': 'ByteLevel'}, " + template("<s>", "</s>") + "]}"));
        assertThat(read().encode("h", FRAMED)).containsExactly(258, 'h', 259);
    }

    @Test
    void tokenizerConfigDecidesOverTheTemplate() throws IOException {
        root.set("post_processor", json(template("<s>", "</s>")));
        write(
                "tokenizer_config.json",
                "{'bos_token': {'content': '</s>'}, 'add_bos_token': true, 'eos_token': '<s>',"
                        + " 'add_eos_token': false}");
        Tokenizer tokenizer = read();
        assertThat(tokenizer.encode("h", FRAMED)).containsExactly(259, 'h');
        assertThat(tokenizer.bos()).hasValue(259);
        assertThat(tokenizer.eos()).hasValue(258);
        assertThat(tokenizer.endOfGeneration()).containsExactlyInAnyOrder(258, 259);
        write("tokenizer_config.json", "{'bos_token': null, 'add_bos_token': true}");
        refused("tokenizer_config.json: bos_token: found \"null\", expected a token, since add_bos_token is true");
        write("tokenizer_config.json", "{'bos_token': '<nobody>'}");
        refused("tokenizer_config.json: bos_token: found \"\"<nobody>\"\", expected a token of the vocabulary");
    }

    @Test
    void generationConfigNamesFurtherEnds() throws IOException {
        write("generation_config.json", "{'bos_token_id': 5, 'eos_token_id': [7, 8]}");
        Tokenizer tokenizer = read();
        assertThat(tokenizer.bos()).hasValue(5);
        assertThat(tokenizer.eos()).hasValue(7);
        assertThat(tokenizer.endOfGeneration()).containsExactlyInAnyOrder(7, 8, 259);
        write("generation_config.json", "{'eos_token_id': 9}");
        assertThat(read().eos()).hasValue(9);
        write("generation_config.json", "{'eos_token_id': 261}");
        refused("generation_config.json: eos_token_id: found \"261\", expected a token id from 0 to 260");
        write("generation_config.json", "[]");
        refused("generation_config.json: the file: found \"[]\", expected an object");
        write("generation_config.json", "");
        refused("generation_config.json: the file: found nothing, expected an object");
    }

    @Test
    void recognisesTheKnownPreTokenizers() {
        String llama3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
                + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
        assertThat(split(llama3, "Isolated", false).describe()).contains("pre-tokenizer llama3,");
        assertThat(split(llama3.replace("{1,3}", ""), "Removed", true).describe())
                .contains("pre-tokenizer qwen2,");
        root.set(
                "pre_tokenizer",
                json("{'type': 'Sequence', 'pretokenizers': [{'type': 'Digits', 'individual_digits': true},"
                        + " {'type': 'ByteLevel', 'add_prefix_space': false, 'use_regex': true}]}"));
        assertThat(read().describe()).contains("pre-tokenizer digits + gpt-2,");
        assertThatThrownBy(() -> split(llama3, "MergedWithNext", false))
                .hasMessageContaining("pre_tokenizer.pretokenizers[0].behavior: found \"\"MergedWithNext\"\"");
        assertThatThrownBy(() -> split("\\w+", "Isolated", false))
                .hasMessageContaining("pretokenizers[0].pattern.Regex: found \"\"\\\\w+\"\", expected the expression of"
                        + " gpt-2, llama3, qwen2");
    }

    private Tokenizer split(String expression, String behavior, boolean invert) {
        ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
        ArrayNode stages = sequence.putArray("pretokenizers");
        stages.addObject()
                .put("type", "Split")
                .put("behavior", behavior)
                .put("invert", invert)
                .putObject("pattern")
                .put("Regex", expression);
        stages.addObject().put("type", "ByteLevel").put("use_regex", false);
        root.set("pre_tokenizer", sequence);
        return read();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '#',
            value = {
                "pre_tokenizer | null | pre_tokenizer.type: found nothing",
                "pre_tokenizer | {'type': 'Metaspace'} | pre_tokenizer.type: found \"\"Metaspace\"\"",
                "pre_tokenizer | {'type': 'ByteLevel', 'use_regex': false} | texts must be cut before merging",
                "pre_tokenizer | {'type': 'ByteLevel', 'add_prefix_space': true} | add_prefix_space: found \"true\"",
                "pre_tokenizer | {'type': 'Digits', 'individual_digits': true} | expected a ByteLevel stage",
                "pre_tokenizer | {'type': 'Digits', 'individual_digits': false} | individual_digits: found \"false\"",
                "pre_tokenizer | {'type': 'Sequence', 'pretokenizers': [{'type': 'ByteLevel'}, {'type': 'ByteLevel'}]}"
                        + " | expected nothing behind the ByteLevel stage",
                "pre_tokenizer | [] | pre_tokenizer: found \"[]\", expected an object",
                "normalizer | {'type': 'Lowercase'} | normalizer.type: found \"\"Lowercase\"\"",
                "decoder | {'type': 'Metaspace'} | decoder.type: found",
                "post_processor | {'type': 'RobertaProcessing'} | post_processor.type: found",
                "post_processor | {'type': 'TemplateProcessing', 'single': []} | post_processor.single: found \"[]\"",
                "post_processor | {'type': 'TemplateProcessing', 'single': [{'SpecialToken': {'id': 'x'}}],"
                        + " 'special_tokens': {}} | special_tokens.x: found nothing, expected the ids",
                "post_processor | {'type': 'TemplateProcessing', 'single': [{'SpecialToken': {'id': 'x'}}],"
                        + " 'special_tokens': {'x': {'ids': [999]}}} | ids[0]: found \"999\"",
                "added_tokens | {} | added_tokens: found \"{}\", expected a list",
                "added_tokens | [{'id': -1, 'content': 'x'}] | added_tokens[0].id: found \"-1\"",
                "added_tokens | [{'id': 1.5, 'content': 'x'}] | added_tokens[0].id: found \"1.5\"",
                "added_tokens | [{'id': 4194304, 'content': 'x'}] | added_tokens[0].id: found",
                "added_tokens | [{'id': 300, 'content': 7}] | added_tokens[0].content: found \"7\", expected a string",
                "added_tokens | [{'id': 300, 'content': 'x', 'lstrip': 1}] | lstrip: found \"1\", expected true or false",
                "added_tokens | [{'id': 256, 'content': '<s>'}] | the id 256 for \"he\" and for \"<s>\"",
                "added_tokens | [{'id': 300, 'content': 'he'}] | found \"he\" as token 256 and as token 300",
            })
    void refusesWhatItDoesNotKnow(String field, String value, String message) {
        root.set(field, json(value));
        refused(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '#',
            value = {
                "type | 'Unigram' | model.type: found \"\"Unigram\"\", expected BPE",
                "dropout | 0.1 | model.dropout: found \"0.1\"",
                "byte_fallback | 1 | model.byte_fallback: found \"1\", expected true or false",
                "end_of_word_suffix | '</w>' | model.end_of_word_suffix: found",
                "continuing_subword_prefix | '##' | model.continuing_subword_prefix: found",
                "ignore_merges | 'yes' | model.ignore_merges: found",
                "vocab | [] | model.vocab: found \"[\", expected an object",
                "vocab | {} | model.vocab: found 0 tokens",
                "vocab | {'a': -1} | model.vocab: found the id -1 of \"a\"",
                "vocab | {'a': 4194304} | model.vocab: found the id 4194304",
                "vocab | {'a': 99999999999999999999} | model.vocab: found the id 99999999999999999999",
                "vocab | {'a': 'b'} | model.vocab: found \"b\", expected whole numbers",
                "vocab | {'a': 0, 'b': 0} | the id 0 for",
                "merges | {} | model.merges: found \"{\", expected a list",
                "merges | ['he'] | model.merges: found \"he\", expected strings",
                "merges | [['h', 'e', 'l']] | model.merges: found \"l\", expected strings",
                "merges | [['h', 1]] | model.merges: found \"1\"",
                "merges | [1] | model.merges: found \"1\"",
                "merges | ['x y'] | model.merges: found merge 0 with \"xy\"",
            })
    void refusesModelsItCannotFollow(String field, String value, String message) {
        if (field.equals("vocab")) {
            root.putArray("added_tokens");
            model.putArray("merges");
        }
        model.set(field, json(value));
        refused(message);
    }

    @Test
    void acceptsWhatDoesNotMatter() {
        model.put("dropout", 0.0).put("unk_token", "<s>").put("fuse_unk", true).put("end_of_word_suffix", "");
        root.set("truncation", json("{'max_length': 3}"));
        root.set("decoder", json("{'type': 'ByteLevel'}"));
        root.set("normalizer", json("{'type': 'Sequence', 'normalizers': [{'type': 'NFC'}]}"));
        assertThat(read().describe()).contains("text normalised to NFC");
        assertThat(read().encode("e\u0301", PLAIN)).isEqualTo(read().encode("é", PLAIN));
    }

    @Test
    void refusesAMissingFile() throws IOException {
        refusedAsIs("tokenizer.json: found neither it nor tokenizer.model, expected one of them");
        Files.write(directory.resolve("tokenizer.model"), new byte[1]);
        refusedAsIs("tokenizer.model: model at byte 0: found the field number 0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{'model': 1}",
                "{'a': 1, 'a': 2}",
                "{'model': {'vocab': {'a': 1, 'a': 2}}}",
                "{'model': {'vocab': {'a'",
                "{} {}",
                "{'version': '\\ud800'}",
                "nonsense"
            })
    void refusesBrokenJson(String text) throws IOException {
        write("tokenizer.json", text);
        refusedAsIs("tokenizer.json: ");
    }

    @Test
    void refusesHugeAndDeepFiles() throws IOException {
        write("tokenizer.json", "{'added_tokens': " + "[".repeat(100_000));
        refusedAsIs("tokenizer.json: JSON: found Document nesting depth (65) exceeds the maximum");
        try (RandomAccessFile file =
                new RandomAccessFile(directory.resolve("tokenizer.json").toFile(), "rw")) {
            file.setLength(TokenizerJson.MAX_FILE_SIZE + 1);
        }
        refusedAsIs("its size: found 268435457 bytes");
    }

    @Test
    void refusesIdsThatWouldLeaveMostPlacesWithoutAToken() {
        vocabulary.put("far", 4_000_000);
        refused("model.vocab: found the id 4000000 among 262 tokens, expected ids below 5144");
    }

    @Test
    void refusesManyTokensAroundAText() {
        String part = "{'SpecialToken': {'id': 'x', 'type_id': 0}}, ";
        String ids = "258, ".repeat(7) + "258";
        String template = "{'type': 'TemplateProcessing', 'single': [" + part.repeat(8)
                + "{'Sequence': {'id': 'A'}}], 'special_tokens': {'x': {'ids': [" + ids + "]}}}";
        root.set("post_processor", json(template));
        assertThat(read().encode("h", FRAMED)).hasSize(65);
        String expected = ": found more tokens around a text, expected at most 64";
        root.set("post_processor", json(template.replace("{'Sequence'", part + "{'Sequence'")));
        refused(expected);
        root.set(
                "post_processor",
                json("{'type': 'Sequence', 'processors': [" + template("<s>", "</s>") + ", " + template + "]}"));
        refused(expected);
    }

    @Test
    void refusesAddedTokensThatAreVeryLongTogether() {
        ArrayNode added = root.putArray("added_tokens");
        for (int i = 0; i < 1200; i++) {
            added.addObject()
                    .put("id", 300 + i)
                    .put("content", "x".repeat(950) + i)
                    .put("special", true);
        }
        refused("added_tokens: found added tokens of 1143690 characters in all, expected at most 1048576");
    }

    @Test
    void refusesWhatIsNoJsonByFileFieldFoundAndExpected() throws IOException {
        Files.write(directory.resolve("tokenizer.json"), new byte[] {'{', '"', (byte) 0xFF, '"', ':', '1', '}'});
        refusedAsIs(
                "tokenizer.json: JSON: found at line 1, column 5 Invalid UTF-8 start byte 0xff, expected valid JSON");
        Files.write(directory.resolve("tokenizer.json"), new byte[] {0, 0, 0, '{', (byte) 0xFF, 0, 0, 0});
        refusedAsIs("expected JSON in UTF-8");
    }

    private Tokenizer read() {
        try {
            JSON.writeValue(directory.resolve("tokenizer.json").toFile(), root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Tokenizers.fromHub(directory);
    }

    private void refused(String message) {
        assertThatThrownBy(this::read)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(directory.toString())
                .hasMessageContaining(message);
    }

    private void refusedAsIs(String message) {
        assertThatThrownBy(() -> Tokenizers.fromHub(directory))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(directory.toString())
                .hasMessageContaining(message);
    }

    private void write(String name, String json) throws IOException {
        Files.writeString(directory.resolve(name), json.replace('\'', '"'));
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text.replace('\'', '"'));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String template(String before, String behind) {
        return "{'type': 'TemplateProcessing', 'single': [{'SpecialToken': {'id': '" + before + "', 'type_id': 0}},"
                + " {'Sequence': {'id': 'A', 'type_id': 0}}, {'SpecialToken': {'id': '" + behind + "', 'type_id': 0}}],"
                + " 'special_tokens': {'" + before + "': {'ids': [258]}, '" + behind + "': {'ids': [259]}}}";
    }
}
