package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.loader.format.GgufFile;

/** Real vocabularies give the ids that other implementations give. */
class PublishedVocabulariesTest {
    @TempDir
    Path directory = Path.of("");

    private static final EncodeOptions PLAIN = new EncodeOptions(false, false);

    @Test
    void llama3FromGguf() throws IOException {
        Tokenizer tokenizer = gguf("tokenizers/llama3/llama3-vocab.gguf");
        check(tokenizer, Vectors.json(SharedData.path("tokenizers/llama3/vectors.json")), 20);
        check(tokenizer, Vectors.llamaCpp(SharedData.path("tokenizers/llama.cpp"), "ggml-vocab-llama-bpe.gguf"), 40);
        assertThat(tokenizer.encode("Hello", new EncodeOptions(true, false))).containsExactly(128000, 9906);
        assertThat(tokenizer.endOfGeneration()).contains(128001, 128009).doesNotContain(128000, 128006);
        assertThat(tokenizer.encode("<|eot_id|>", new EncodeOptions(false, true)))
                .containsExactly(128009);
        assertThat(tokenizer.encode("<|eot_id|>", PLAIN)).hasSizeGreaterThan(1).doesNotContain(128009);
    }

    @Test
    void llama3FromHub() throws IOException {
        Tokenizer tokenizer = Tokenizers.fromHub(SharedData.path("tokenizers/llama3"));
        check(tokenizer, Vectors.json(SharedData.path("tokenizers/llama3/vectors.json")), 20);
        check(tokenizer, Vectors.llamaCpp(SharedData.path("tokenizers/llama.cpp"), "ggml-vocab-llama-bpe.gguf"), 40);
    }

    @Test
    void qwen3FromHub() throws IOException {
        Tokenizer tokenizer = Tokenizers.fromHub(SharedData.path("tokenizers/qwen3"));
        check(tokenizer, Vectors.json(SharedData.path("tokenizers/qwen3/vectors.json")), 20);
        check(tokenizer, Vectors.llamaCpp(SharedData.path("tokenizers/llama.cpp"), "ggml-vocab-qwen2.gguf"), 40);
        assertThat(tokenizer.encode("Hi", new EncodeOptions(true, true))).hasSize(1);
        assertThat(tokenizer.encode("<think>", PLAIN)).containsExactly(151667);
        assertThat(tokenizer.endOfGeneration()).contains(151645, 151643);
        assertThat(tokenizer.isControl(tokenizer.encode("</s>", PLAIN)[0])).isFalse();
        assertThat(tokenizer.encode("e\u0301", PLAIN)).isEqualTo(tokenizer.encode("é", PLAIN));
    }

    @Test
    void gpt2FromGguf() throws IOException {
        Tokenizer tokenizer = gguf("tokenizers/llama.cpp/ggml-vocab-gpt-2.gguf");
        check(tokenizer, Vectors.llamaCpp(SharedData.path("tokenizers/llama.cpp"), "ggml-vocab-gpt-2.gguf"), 40);
        assertThat(tokenizer.eos()).hasValue(50256);
        assertThat(tokenizer.encode("a", new EncodeOptions(true, false))).hasSize(1);
    }

    @Test
    void starcoderFromGguf() throws IOException {
        Tokenizer tokenizer = gguf("tokenizers/llama.cpp/ggml-vocab-starcoder.gguf");
        check(tokenizer, Vectors.llamaCpp(SharedData.path("tokenizers/llama.cpp"), "ggml-vocab-starcoder.gguf"), 40);
    }

    @Test
    void llama2FromGguf() throws IOException {
        Tokenizer tokenizer = gguf("tokenizers/llama.cpp/ggml-vocab-llama-spm.gguf");
        check(tokenizer, Vectors.json(SharedData.path("tokenizers/spm/vectors.json")), 50);
        check(tokenizer, Vectors.llamaCpp(SharedData.path("tokenizers/llama.cpp"), "ggml-vocab-llama-spm.gguf"), 40);
        assertThat(tokenizer.encode("Hello", new EncodeOptions(true, false))).containsExactly(1, 15043);
        assertThat(tokenizer.encode("a</s>b", new EncodeOptions(false, true))).containsExactly(263, 2, 289);
        assertThat(tokenizer.encode("a</s>b", PLAIN)).containsExactly(263, 829, 29879, 29958, 29890);
        assertThat(tokenizer.endOfGeneration()).containsExactly(2);
    }

    @Test
    void llama2FromModelFile() throws IOException {
        Path file = SharedData.path("tokenizers/spm/llama2-tokenizer.model");
        Files.copy(file, directory.resolve("tokenizer.model"));
        Tokenizer tokenizer = Tokenizers.fromHub(directory);
        check(tokenizer, Vectors.json(SharedData.path("tokenizers/spm/vectors.json")), 50);
        check(tokenizer, Vectors.llamaCpp(SharedData.path("tokenizers/llama.cpp"), "ggml-vocab-llama-spm.gguf"), 40);
        assertThat(tokenizer.encode("Hello", new EncodeOptions(true, false))).containsExactly(1, 15043);
        assertThat(tokenizer.describe()).isEqualTo("SentencePiece BPE, 32000 tokens, byte fallback");
    }

    @Test
    void llama2InTheHubsForm() throws IOException {
        SentencePieceModel model =
                SentencePieceModelReader.read(SharedData.path("tokenizers/spm/llama2-tokenizer.model"));
        HubFormOfSentencePiece.write(model, directory.resolve("tokenizer.json"));
        Tokenizer tokenizer = Tokenizers.fromHub(directory);
        check(tokenizer, Vectors.json(SharedData.path("tokenizers/spm/vectors.json")), 50);
        check(tokenizer, Vectors.llamaCpp(SharedData.path("tokenizers/llama.cpp"), "ggml-vocab-llama-spm.gguf"), 40);
    }

    @Test
    void phi3FromGguf() throws IOException {
        Tokenizer tokenizer = gguf("tokenizers/llama.cpp/ggml-vocab-phi-3.gguf");
        check(tokenizer, Vectors.llamaCpp(SharedData.path("tokenizers/llama.cpp"), "ggml-vocab-phi-3.gguf"), 40);
        assertThat(tokenizer.encode("<|user|>\n Hello<|end|>\n", new EncodeOptions(true, true)))
                .containsExactly(1, 32010, 15043, 32007);
        assertThat(tokenizer.encode("<s> a", new EncodeOptions(false, true))).containsExactly(1, 29871, 263);
        assertThat(tokenizer.endOfGeneration()).contains(32000, 32007);
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32", "f16", "bf16", "q8_0", "q4_0"})
    void stories260KFromGguf(String type) throws IOException {
        Tokenizer tokenizer = gguf("stories260K/stories260K-" + type + ".gguf");
        int checked = 0;
        for (JsonNode one : new ObjectMapper()
                .readTree(
                        SharedData.path("stories260K/reference-llama.cpp.json").toFile())
                .get("cases")) {
            int[] prompt = ints(one.get("ids"));
            int[] answer = ints(one.get("greedy_ids"));
            String text = one.get("prompt").textValue();
            assertThat(tokenizer.encode(text, new EncodeOptions(true, false))).isEqualTo(prompt);
            Detokenizer stream = tokenizer.detokenizerAfter(prompt, false);
            StringBuilder streamed = new StringBuilder(text);
            for (int id : answer) {
                streamed.append(stream.append(id));
            }
            assertThat(streamed.append(stream.flush()))
                    .hasToString(one.get("text").textValue());
            checked++;
        }
        assertThat(checked).isEqualTo(12);
    }

    private static int[] ints(JsonNode list) {
        return IntStream.range(0, list.size()).map(i -> list.get(i).intValue()).toArray();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tokenizers/llama3/llama3-vocab.gguf",
                "tokenizers/llama3",
                "tokenizers/qwen3",
                "tokenizers/llama.cpp/ggml-vocab-gpt-2.gguf",
                "tokenizers/gpt2_vocab.json",
                "tokenizers/llama.cpp/ggml-vocab-starcoder.gguf",
                "tokenizers/llama.cpp/ggml-vocab-llama-spm.gguf",
                "tokenizers/llama.cpp/ggml-vocab-phi-3.gguf",
                "tokenizers/spm/llama2-tokenizer.model",
                "stories260K/stories260K-f32.gguf",
                "bitnet-tiny",
                "bitnet-tiny/bitnet-tiny-tq2_0.gguf"
            })
    void theWikiTextComesBack(String name) throws IOException {
        Tokenizer tokenizer = open(name);
        String text = Files.readString(SharedData.path("text/wiki.test.raw"));
        int[] ids = tokenizer.encode(text, PLAIN);
        int smallest = text.length() / 6;
        assertThat(ids).hasSizeBetween(smallest, text.length());
        String back = tokenizer.decode(ids, false);
        assertThat(Arrays.mismatch(back.toCharArray(), text.toCharArray()))
                .as("first character that differs")
                .isEqualTo(-1);
    }

    /** Whatever form a published vocabulary is in. */
    private Tokenizer open(String name) throws IOException {
        Path path = SharedData.path(name);
        if (name.endsWith(".gguf")) {
            return gguf(name);
        }
        if (name.endsWith(".model")) {
            Files.copy(path, directory.resolve("tokenizer.model"));
            return Tokenizers.fromHub(directory);
        }
        if (name.endsWith("gpt2_vocab.json")) {
            return Tokenizers.fromHub(gpt2(path));
        }
        return Tokenizers.fromHub(path);
    }

    /** The two files that GPT-2 was published with, put together as the hub does. */
    private Path gpt2(Path vocabulary) throws IOException {
        ObjectMapper json = new ObjectMapper();
        ObjectNode root = json.createObjectNode();
        root.putObject("pre_tokenizer").put("type", "ByteLevel").put("add_prefix_space", false);
        root.putObject("decoder").put("type", "ByteLevel");
        ObjectNode model = root.putObject("model").put("type", "BPE");
        model.set("vocab", json.readTree(vocabulary.toFile()));
        ArrayNode merges = model.putArray("merges");
        Files.readAllLines(vocabulary.resolveSibling("gpt2_merges.txt")).stream()
                .filter(line -> !line.startsWith("#version") && !line.isEmpty())
                .forEach(merges::add);
        json.writeValue(directory.resolve("tokenizer.json").toFile(), root);
        return directory;
    }

    @Test
    void gpt2FromItsTwoFilesIsGpt2FromGguf() throws IOException {
        Tokenizer files = open("tokenizers/gpt2_vocab.json");
        check(files, Vectors.llamaCpp(SharedData.path("tokenizers/llama.cpp"), "ggml-vocab-gpt-2.gguf"), 40);
        String text = Files.readString(SharedData.path("text/wiki.test.raw"));
        assertThat(files.encode(text, PLAIN))
                .isEqualTo(gguf("tokenizers/llama.cpp/ggml-vocab-gpt-2.gguf").encode(text, PLAIN));
    }

    @Test
    void bitnetTinyFromHub() throws IOException {
        Path directory = Vectors.bitnetTiny();
        Tokenizer tokenizer = Tokenizers.fromHub(directory);
        check(tokenizer, Vectors.json(directory.resolve("tokenizer-vectors.json")), 30);
        assertThat(tokenizer.vocabularySize()).isEqualTo(2048);
        assertThat(tokenizer.bos()).hasValue(2040);
        assertThat(tokenizer.eos()).hasValue(2041);
        assertThat(tokenizer.endOfGeneration()).contains(2041, 2042);
        assertThat(tokenizer.encode("Once upon a time", new EncodeOptions(true, false)))
                .containsExactly(2040, 427, 436, 258, 395);
    }

    @Test
    void bitnetTinyFromGguf() throws IOException {
        Tokenizer tokenizer = gguf("bitnet-tiny/bitnet-tiny-tq2_0.gguf");
        check(tokenizer, Vectors.json(SharedData.path("bitnet-tiny/reference/tokenizer-vectors.json")), 30);
        assertThat(tokenizer.encode("", new EncodeOptions(true, false))).containsExactly(2040);
        assertThat(tokenizer.describe()).isEqualTo("byte-level BPE, pre-tokenizer llama-bpe, 2048 tokens, 1784 merges");
    }

    private static Tokenizer gguf(String name) {
        try (GgufFile file = GgufFile.open(SharedData.path(name))) {
            return Tokenizers.fromGguf(file.metadata());
        }
    }

    private static void check(Tokenizer tokenizer, List<Vectors.Case> cases, int atLeast) {
        assertThat(cases).hasSizeGreaterThanOrEqualTo(atLeast);
        for (Vectors.Case one : cases) {
            assertThat(tokenizer.encode(one.text(), PLAIN)).as(one.text()).isEqualTo(one.ids());
            assertThat(tokenizer.decode(one.ids(), false)).isEqualTo(one.text());
            Detokenizer stream = tokenizer.detokenizer(false);
            StringBuilder streamed = new StringBuilder();
            for (int id : one.ids()) {
                streamed.append(stream.append(id));
            }
            assertThat(streamed.append(stream.flush())).hasToString(one.text());
        }
    }
}
