package org.ryzanstein.loader.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ryzanstein.loader.format.GgufFile;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.quantize.QuantizationOptions;
import org.ryzanstein.loader.quantize.QuantizationReport;
import org.ryzanstein.loader.quantize.Quantizer;
import org.ryzanstein.loader.tokenizer.EncodeOptions;
import org.ryzanstein.loader.tokenizer.SharedData;
import org.ryzanstein.loader.tokenizer.Tokenizer;
import org.ryzanstein.loader.tokenizer.Tokenizers;

/** llama.cpp opens what {@code quantize} writes, reads prompts as the same tokens, and generates the same from them. */
class QuantizedInLlamaCppTest {
    private static final List<String> PROMPTS =
            List.of("Once upon a time, 2 friends", "The big dog", "Lily said: \"No!\"");
    private static final int VOCABULARY = 2048;

    /** The directory of a real byte-level vocabulary of 2048 tokens. */
    private static final Path BYTE_LEVEL = Path.of(
            System.getProperty("basedir", "."), "src/test/resources/org/ryzanstein/loader/format/bitnet-tiny-packed");

    private static final Path SENTENCE_PIECE = Path.of(
            System.getProperty("basedir", "."), "src/test/resources/org/ryzanstein/loader/tokenizer/sentencepiece");

    @TempDir
    Path folder;

    @BeforeAll
    static void llamaCppIsThere() {
        LlamaCppProcess.assumeAvailable();
    }

    /** Quantises twice, since the same call must give the same bytes. */
    private QuantizationReport quantize(Path source, Path target, QuantizationOptions options) throws IOException {
        QuantizationReport report = Quantizer.quantize(source, target, options, ProgressListener.NONE);
        Path again = folder.resolve("again.gguf");
        Quantizer.quantize(source, again, options, ProgressListener.NONE);
        assertThat(Files.mismatch(target, again)).as("%s written twice", target).isEqualTo(-1);
        return report;
    }

    /** How near two logits may come by rounding activations: llama.cpp does so in blocks of 256 for K types, and we of 32. */
    private static float narrow(TensorType type) {
        return switch (type) {
            case F32 -> 0.01f;
            case F16 -> 0.05f;
            case Q8_0, Q4_0 -> 0.2f;
            default -> 0.4f;
        };
    }

    /** Whether a token is not ASCII text: such ones end a comparison of texts. */
    private static boolean isUnprintable(Tokenizer tokenizer, int token) {
        byte[] text = token < tokenizer.vocabularySize() ? tokenizer.bytes(token) : new byte[0];
        return text.length == 0 || text[0] < 0;
    }

    private static List<String> types(QuantizationReport report) {
        return report.tensors().stream()
                .filter(tensor -> tensor.shape().size() == 2)
                .map(QuantizationReport.Tensor::type)
                .distinct()
                .sorted()
                .toList();
    }

    /** Rows of 64 and 172: neither fills blocks of 256, and the latter none of 32. */
    @Test
    void storiesInEachType() throws IOException, InterruptedException {
        Path source = SharedData.path("stories260K/stories260K-f32.gguf");
        LlamaCppComparison comparison = new LlamaCppComparison("One day, Lily met");
        Map<QuantizationOptions, List<String>> expected = Map.of(
                QuantizationOptions.of(TensorType.F32), List.of("F32"),
                QuantizationOptions.of(TensorType.F16), List.of("F16"),
                QuantizationOptions.of(TensorType.Q8_0), List.of("F16", "Q8_0"),
                QuantizationOptions.of(TensorType.Q8_0).withHead(TensorType.F16), List.of("F16", "Q8_0"),
                QuantizationOptions.of(TensorType.Q4_0), List.of("F16", "Q4_0", "Q8_0"),
                QuantizationOptions.of(TensorType.Q4_0).withHead(TensorType.F32), List.of("F16", "F32", "Q4_0"),
                QuantizationOptions.of(TensorType.Q4_K), List.of("F16", "Q5_0", "Q8_0"),
                QuantizationOptions.of(TensorType.Q6_K), List.of("F16", "Q8_0"));
        for (Map.Entry<QuantizationOptions, List<String>> one : expected.entrySet()) {
            QuantizationOptions options = one.getKey();
            String head = options.head().map(type -> "-" + type).orElse("");
            Path target = folder.resolve("stories-" + options.type() + head + ".gguf");
            QuantizationReport report = quantize(source, target, options);
            assertThat(types(report)).as(target.toString()).isEqualTo(one.getValue());
            comparison.add(target, narrow(options.type()));
        }
        comparison.run(folder, 9);
    }

    /** Rows of 256 and 512, from BF16 in two files. */
    @Test
    void wideHubModelsInEachType() throws IOException, InterruptedException {
        LlamaCppComparison comparison = new LlamaCppComparison(PROMPTS.toArray(String[]::new));
        Tokenizer bytes = Tokenizers.fromHub(BYTE_LEVEL);
        for (String architecture : List.of("llama", "qwen2")) {
            SyntheticLlama model = SyntheticLlama.of(architecture)
                    .heads(4, 2, 64)
                    .widths(256, 512)
                    .vocabulary(VOCABULARY)
                    .type(TensorType.BF16)
                    .headGain(6)
                    .build()
                    .silence(token -> isUnprintable(bytes, token));
            Path hub = withVocabulary(model.writeHub(folder.resolve(architecture), 2, config -> {}), BYTE_LEVEL);
            for (QuantizationOptions options : List.of(
                    QuantizationOptions.of(TensorType.Q4_K),
                    QuantizationOptions.of(TensorType.Q4_K).withHead(TensorType.F16),
                    QuantizationOptions.of(TensorType.Q6_K).withHead(TensorType.Q8_0),
                    QuantizationOptions.of(TensorType.Q8_0),
                    QuantizationOptions.of(TensorType.Q4_0),
                    QuantizationOptions.of(TensorType.F16))) {
                String head = options.head().map(type -> "-" + type).orElse("");
                Path target = folder.resolve(architecture + "-" + options.type() + head + ".gguf");
                QuantizationReport report = quantize(hub, target, options);
                assertThat(types(report))
                        .as(target.toString())
                        .contains(options.type().name());
                if (options.type() == TensorType.Q4_K) {
                    assertThat(types(report)).contains("Q6_K");
                }
                comparison.add(target, narrow(options.type()));
            }
        }
        comparison.run(folder, 3);
    }

    @Test
    void ternaryHubModels() throws IOException, InterruptedException {
        LlamaCppComparison comparison = new LlamaCppComparison(PROMPTS.toArray(String[]::new));
        Tokenizer bytes = Tokenizers.fromHub(BYTE_LEVEL);
        SyntheticLlama model = SyntheticLlama.of("llama")
                .heads(4, 2, 64)
                .widths(256, 512)
                .vocabulary(VOCABULARY)
                .type(TensorType.BF16)
                .ternary(0.078125f)
                .headGain(6)
                .build()
                .silence(token -> isUnprintable(bytes, token));
        Path hub = withVocabulary(model.writeHub(folder.resolve("hub")), BYTE_LEVEL);
        for (TensorType type : List.of(TensorType.TQ1_0, TensorType.TQ2_0)) {
            Path target = folder.resolve(type + ".gguf");
            QuantizationReport report = quantize(hub, target, QuantizationOptions.of(type));
            assertThat(types(report)).containsExactly("F16", type.name());
            assertThat(report.digitsChanged()).isZero();
            assertThat(report.largestScaleError()).isZero();
            comparison.add(target, narrow(type));
        }
        comparison.run(folder, 2);
    }

    @Test
    void hubModelsWithSentencePiece() throws IOException, InterruptedException {
        LlamaCppComparison comparison = new LlamaCppComparison("Once upon a time, there was <unk> a Ünïcödé  girl 日本");
        for (String tokenizer : List.of("plain.model", "tokenizer.json")) {
            Path hub = folder.resolve("hub-" + tokenizer);
            Files.createDirectories(hub);
            Path vocabulary = SENTENCE_PIECE.resolve(tokenizer);
            Files.copy(vocabulary, hub.resolve(tokenizer.equals("plain.model") ? "tokenizer.model" : tokenizer));
            Tokenizer pieces = Tokenizers.fromHub(hub);
            SyntheticLlama model = SyntheticLlama.of("llama")
                    .vocabulary(pieces.vocabularySize() + 3)
                    .headGain(6)
                    .build()
                    .silence(token -> isUnprintable(pieces, token));
            Path target = folder.resolve(tokenizer + ".gguf");
            quantize(model.writeHub(hub), target, QuantizationOptions.of(TensorType.Q8_0));
            comparison.add(target, narrow(TensorType.Q8_0));
        }
        comparison.run(folder, 3);
    }

    /** A vocabulary that millions of files have, with texts of many scripts. */
    @Test
    void theSentencePieceModelOfLlama2() throws IOException, InterruptedException {
        Path hub = folder.resolve("hub");
        Files.createDirectories(hub);
        Files.copy(SharedData.path("tokenizers/spm/llama2-tokenizer.model"), hub.resolve("tokenizer.model"));
        SyntheticLlama model = SyntheticLlama.of("llama").vocabulary(32_000).build();
        Path target = folder.resolve("llama2.gguf");
        QuantizationReport report = quantize(model.writeHub(hub), target, QuantizationOptions.of(TensorType.Q8_0));
        assertThat(report.notes()).isEmpty();
        Tokenizer tokenizer;
        try (GgufFile file = GgufFile.open(target)) {
            tokenizer = Tokenizers.fromGguf(file.metadata());
            assertThat(file.metadata().integer("tokenizer.ggml.unknown_token_id"))
                    .hasValue(0);
            assertThat(file.metadata().integer("tokenizer.ggml.bos_token_id")).hasValue(1);
            assertThat(file.metadata().integer("tokenizer.ggml.eos_token_id")).hasValue(2);
            assertThat(file.metadata().bool("tokenizer.ggml.add_bos_token")).contains(true);
        }
        List<String> texts = texts();
        List<LlamaCppProcess.Answer> answers = LlamaCppProcess.run(
                folder,
                texts.stream()
                        .map(text -> new LlamaCppProcess.Request(target, text, 1))
                        .toList());
        assertThat(texts).hasSizeGreaterThan(30);
        for (int i = 0; i < texts.size(); i++) {
            assertThat(answers.get(i).promptIds())
                    .as(texts.get(i))
                    .isEqualTo(tokenizer.encode(texts.get(i), new EncodeOptions(false, true)));
        }
    }

    /** The texts of the vectors that fit in a line of a request. */
    private static List<String> texts() throws IOException {
        List<String> texts = new ArrayList<>();
        new ObjectMapper()
                .readTree(SharedData.path("tokenizers/spm/vectors.json").toFile()).findValuesAsText("text").stream()
                        .filter(text ->
                                !text.isEmpty() && text.chars().noneMatch(c -> c == '\n' || c == '\r' || c == '\t'))
                        .forEach(texts::add);
        return texts;
    }

    private static Path withVocabulary(Path hub, Path vocabulary) throws IOException {
        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(vocabulary.resolve(name), hub.resolve(name));
        }
        return hub;
    }
}
