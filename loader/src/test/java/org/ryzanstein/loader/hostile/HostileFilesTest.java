package org.ryzanstein.loader.hostile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Mutants of model files, vocabularies and templates are used, or refused by name, in bounded time and memory; see
 * {@link Fuzzer}. The long form writes what became of them to {@code target/hostile-files}.
 */
class HostileFilesTest {
    private static final int SHORT = 1_500;
    private static final int LONG = 12_000;

    /** What is read, and in how many different ways its mutants are refused at least. */
    enum Reader {
        GGUF_MODELS(40),
        HUB_DIRECTORIES(40),
        GGUF_TOKENIZERS(20),
        TOKENIZER_JSON(30),
        TOKENIZER_MODEL(20),
        CHAT_TEMPLATES(60);

        private final int fewestSites;

        Reader(int fewestSites) {
            this.fewestSites = fewestSites;
        }

        Target target() {
            return switch (this) {
                case GGUF_MODELS -> new Targets.GgufModels();
                case HUB_DIRECTORIES -> new Targets.HubDirectories();
                case GGUF_TOKENIZERS -> new Targets.GgufTokenizers();
                case TOKENIZER_JSON ->
                    new Targets.HubTokenizers("tokenizer.json", Seeds.byteLevelDirectory(), Seeds.hubSentencePiece());
                case TOKENIZER_MODEL ->
                    new Targets.HubTokenizers(
                            "tokenizer.model",
                            Seeds.sentencePieceDirectory("plain"),
                            Seeds.sentencePieceDirectory("marked"),
                            Seeds.sentencePieceDirectory("unused"));
                case CHAT_TEMPLATES -> new Targets.Templates();
            };
        }
    }

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource
    @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void mutantsAreUsedOrRefusedByName(Reader reader, TestReporter reporter) throws IOException {
        Fuzzer fuzzer = new Fuzzer(reader.target(), folder);
        fuzzer.run(SHORT);
        reporter.publishEntry(List.of(fuzzer.histogram().split("\n")).getFirst());
        fuzzer.requireDepth(reader.fewestSites);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    @Timeout(value = 60, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void manyMutantsAreUsedOrRefusedByName(Reader reader) throws IOException {
        Fuzzer fuzzer = new Fuzzer(reader.target(), folder);
        fuzzer.run(LONG);
        Path results = Files.createDirectories(Path.of("target/hostile-files"));
        Files.writeString(results.resolve(fuzzer.fileName()), fuzzer.histogram());
        fuzzer.requireDepth(reader.fewestSites);
    }
}
