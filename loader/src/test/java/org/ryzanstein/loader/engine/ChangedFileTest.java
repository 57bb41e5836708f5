package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** An engine reads single rows of its tables from the file: what if somebody writes to it. */
@EnabledOnOs(OS.LINUX)
class ChangedFileTest {
    private static final int[] PROMPT = {1, 2, 3};

    @TempDir
    Path folder;

    private Path model;
    private Engine engine;

    @BeforeEach
    void open() throws IOException {
        model = folder.resolve("model.gguf");
        try (EmbeddedModel embedded = EmbeddedModel.extract()) {
            Files.copy(embedded.path(), model);
        }
        engine = EngineLoader.open(EngineOptions.defaults().withModel(model).withThreads(2));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private void cutShort() {
        try (FileChannel channel = FileChannel.open(model, StandardOpenOption.WRITE)) {
            channel.truncate(65_536);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Generation submit(GenerationRequest request) {
        return engine.submit(request.withIgnoreEndOfGeneration(true), GenerationListener.NONE);
    }

    @Test
    void failsTheRequestUnderWayIfTheFileIsCutShort() {
        AtomicInteger tokens = new AtomicInteger();
        Generation generation = submit(GenerationRequest.greedy(PROMPT, 40).withLogits(0, (position, logits) -> {
            if (tokens.incrementAndGet() == 5) {
                cutShort();
            }
        }));

        assertThatThrownBy(generation::await)
                .isInstanceOf(GenerationException.class)
                .hasMessageContaining(model.toString())
                .hasMessageContaining("has 65536")
                .hasRootCauseInstanceOf(InternalError.class);
        assertThat(tokens.get()).isBetween(5, 6);
    }

    @Test
    void refusesRequestsOnceTheFileWasWrittenTo() throws Exception {
        assertThat(submit(GenerationRequest.greedy(PROMPT, 4)).await().tokens()).hasSize(4);
        cutShort();

        assertThatThrownBy(submit(GenerationRequest.greedy(PROMPT, 4))::await)
                .isInstanceOf(GenerationException.class)
                .hasMessageContaining("was written to");
    }

    @Test
    void goesOnIfTheFileIsReplacedByAnother() throws Exception {
        String before = submit(GenerationRequest.greedy(PROMPT, 8)).await().text();
        Files.delete(model);
        Files.write(model, new byte[10]);

        assertThat(submit(GenerationRequest.greedy(PROMPT, 8)).await().text()).isEqualTo(before);
    }
}
