package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.format.ModelFormatException;

/** Models that cannot be served are refused: file, field, what was found, what was expected. */
class RefusalTest {
    private static final int HIDDEN = 256;

    @TempDir
    Path scratch;

    static Stream<Arguments> models() {
        return Stream.of(
                Arguments.of(
                        TinyModel.embedded().withText("general.architecture", "mamba"),
                        "architecture",
                        "found mamba",
                        "bitnet-b1.58"),
                Arguments.of(
                        TinyModel.embedded()
                                .withReal("rope.scaling.factor", 8)
                                .withText("bitnet-b1.58.rope.scaling.type", "yarn"),
                        "rope scaling",
                        "yarn",
                        "expected none"),
                Arguments.of(
                        TinyModel.embedded().without("blk.2.attn_sub_norm.weight"),
                        "blk.2.attn_sub_norm.weight",
                        "found no such tensor",
                        "expected it in the file"),
                Arguments.of(
                        TinyModel.embedded().without("blk.3.ffn_down.weight"),
                        "blk.3.ffn_down.weight",
                        "found no such tensor",
                        "expected it in the file"),
                Arguments.of(
                        TinyModel.embedded().withTensor("blk.1.ffn_norm.weight", List.of(255L), new float[255]),
                        "blk.1.ffn_norm.weight",
                        "found shape [255]",
                        "expected [256]"),
                Arguments.of(
                        TinyModel.embedded()
                                .withTensor("blk.0.attn_q.weight", List.of(128L, 256L), new float[128 * HIDDEN]),
                        "blk.0.attn_q.weight",
                        "found shape [128, 256]",
                        "expected [256, 256]"),
                Arguments.of(
                        TinyModel.embedded().withTensor("blk.0.attn_q.bias", List.of(256L), new float[HIDDEN]),
                        "blk.0.attn_q.bias",
                        "found a tensor",
                        "expected none of this name"),
                Arguments.of(
                        TinyModel.embedded().withNumber("block_count", 3),
                        "blk.3.",
                        "(and 10 more)",
                        "expected none of this name"),
                Arguments.of(
                        TinyModel.embedded().withNumber("block_count", 1024),
                        "blk.4.attn_q.weight",
                        "found no such tensor",
                        "expected it in the file"),
                Arguments.of(
                        TinyModel.embedded()
                                .withNumber("block_count", 1024)
                                .withNumber("attention.head_count", 4096)
                                .withNumber("attention.head_count_kv", 4096)
                                .withNumber("attention.key_length", 1024)
                                .withNumber("attention.value_length", 1024)
                                .withNumber("rope.dimension_count", 1024),
                        "layers and KV heads",
                        "found a KV cache of 1099511627776 bytes for 32 positions",
                        "a share of the heap"),
                Arguments.of(
                        TinyModel.embedded()
                                .withTexts("tokenizer.ggml.tokens", Collections.nCopies(2049, "x"))
                                .withNumbers("tokenizer.ggml.token_type", new int[2049]),
                        "tokenizer.ggml.tokens",
                        "found 2049 tokens",
                        "2048"));
    }

    @ParameterizedTest(name = "{1}: {2}")
    @MethodSource("models")
    void refuses(TinyModel model, String field, String found, String expected) throws IOException {
        Path path = model.write(scratch.resolve("refused.gguf"));
        assertThatThrownBy(() -> Ryzanstein.open(EngineOptions.defaults().withModel(path)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(path + ": ")
                .hasMessageContaining(field)
                .hasMessageContaining(found)
                .hasMessageContaining(expected);
    }

    @Test
    void refusesAContextLongerThanTheModels() {
        assertThatThrownBy(() -> Ryzanstein.open(EngineOptions.defaults().withContextLength(257)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("context length: found 256, expected at least the 257 that were asked for");
    }

    @Test
    void refusesAnotherActivation() throws IOException {
        Path directory = hub("\"relu2\"", "\"silu\"");
        assertThatThrownBy(() -> Ryzanstein.open(EngineOptions.defaults().withModel(directory)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(directory.toString())
                .hasMessageContaining("hidden_act: found silu, expected relu2");
    }

    @Test
    void refusesATokenizerWithMoreTokensThanTheEmbeddingHasRows() throws IOException {
        Path directory = hub("\"relu2\"", "\"relu2\"");
        String tokenizer = Files.readString(directory.resolve("tokenizer.json"));
        int content = tokenizer.indexOf("\"added_tokens\"");
        int first = tokenizer.indexOf('{', content);
        Files.writeString(
                directory.resolve("tokenizer.json"),
                tokenizer.substring(0, first)
                        + "{\"id\":2048,\"content\":\"<|further|>\",\"single_word\":false,\"lstrip\":false,"
                        + "\"rstrip\":false,\"normalized\":false,\"special\":true},"
                        + tokenizer.substring(first));
        assertThatThrownBy(() -> Ryzanstein.open(EngineOptions.defaults().withModel(directory)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(directory.toString())
                .hasMessageContaining("tokenizer: found 2049 tokens, expected at most the embedding's 2048 rows");
    }

    @Test
    void refusesAFileThatIsNotThere() {
        Path path = scratch.resolve("absent.gguf");
        assertThatThrownBy(() -> Ryzanstein.open(EngineOptions.defaults().withModel(path)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining(path.toString());
    }

    @Test
    void theVariantThatChangesNothingIsServed() throws IOException, InterruptedException {
        Path path = TinyModel.embedded().write(scratch.resolve("copy.gguf"));
        try (Engine engine = Ryzanstein.open(EngineOptions.defaults().withModel(path))) {
            assertThat(engine.model().source()).isEqualTo(path.toString());
            Reference.Prompt story = Reference.prompts().getFirst();
            assertThat(engine.submit(GenerationRequest.greedy(story.ids(), 1), GenerationListener.NONE)
                            .await()
                            .ids())
                    .containsExactly(story.greedy()[0]);
        }
    }

    static Stream<Arguments> templates() {
        return Stream.of(
                Arguments.of("ok\n{% for m in messages %}{{ m.content | rot13 }}{% endfor %}", "line 2: ", "rot13"),
                Arguments.of("{% if messages %}", "line 1: ", "if"),
                Arguments.of("{{ messages[0].nothing.more }}", "line 1: ", "no attribute 'nothing'"),
                Arguments.of("{{ functions.names }}", "line 1: ", "'functions' is undefined"),
                Arguments.of(
                        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
                        "line 1: ", "elements"));
    }

    @ParameterizedTest
    @MethodSource("templates")
    void refusesATemplateThatCantBeRendered(String template, String line, String what) throws IOException {
        Path gguf = TinyModel.embedded()
                .withText("tokenizer.chat_template", template)
                .write(scratch.resolve("template.gguf"));
        assertThatThrownBy(() -> Ryzanstein.open(EngineOptions.defaults().withModel(gguf)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(gguf + ": tokenizer.chat_template: found in " + line)
                .hasMessageContaining(what);
        Path directory = hub("relu2", "relu2");
        Files.writeString(directory.resolve("chat_template.jinja"), template);
        assertThatThrownBy(() -> Ryzanstein.open(EngineOptions.defaults().withModel(directory)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(directory + ": chat_template.jinja: found in " + line);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{{ raise_exception('tools first') }}", "{{ messages[0]['content'] }}"})
    void takesATemplateThatIsEmptyOrRefusesInItsOwnWords(String template) {
        assertThat(TemplateCheck.problem(template)).isEmpty();
    }

    /** Firefunction's asks for a variable that neither chat nor Transformers set, and fails in Jinja2 as well. */
    @Test
    void takesAllPublishedTemplatesButOne() throws IOException {
        try (Stream<Path> files = Files.list(Reference.resource("template/templates"))) {
            List<Path> templates = files.toList();
            assertThat(templates).hasSizeGreaterThan(50);
            List<String> refused = new ArrayList<>();
            for (Path file : templates) {
                TemplateCheck.problem(Files.readString(file))
                        .ifPresent(problem -> refused.add(file.getFileName() + ": " + problem.what()));
            }
            assertThat(refused).containsExactly("fireworks-ai-llama-3-firefunction-v2.jinja: 'functions' is undefined");
        }
    }

    @Test
    void takesTheDefaultOfSeveralTemplates() throws IOException {
        Path directory = hub("relu2", "relu2");
        Path config = directory.resolve("tokenizer_config.json");
        Files.delete(config);
        Files.deleteIfExists(directory.resolve("chat_template.jinja"));
        Files.writeString(
                config,
                "{\"chat_template\": [{\"name\": \"tool_use\", \"template\": \"no\"},"
                        + " {\"name\": \"default\", \"template\": \"yes\"}]}");
        try (Engine engine = Ryzanstein.open(EngineOptions.defaults().withModel(directory))) {
            assertThat(engine.model().chatTemplate()).isEqualTo("yes");
        }
        Files.writeString(config, "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"no\"}]}");
        assertThatThrownBy(() -> Ryzanstein.open(EngineOptions.defaults().withModel(directory)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("chat_template")
                .hasMessageContaining("named \"default\"");
    }

    /** A copy of the packed model with another configuration. */
    private Path hub(String from, String to) throws IOException {
        Path source = Reference.resource("format/bitnet-tiny-packed");
        Path directory = Files.createDirectory(scratch.resolve("hub"));
        try (Stream<Path> files = Files.list(source)) {
            for (Path file : files.toList()) {
                Files.copy(file, directory.resolve(file.getFileName().toString()));
            }
        }
        Path config = directory.resolve("config.json");
        String text = Files.readString(config);
        assertThat(text).contains(from);
        Files.delete(config);
        Files.writeString(config, text.replace(from, to));
        return directory;
    }
}
