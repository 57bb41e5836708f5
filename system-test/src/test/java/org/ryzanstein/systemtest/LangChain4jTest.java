package org.ryzanstein.systemtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.catalog.ModelDescription;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiLanguageModel;
import dev.langchain4j.model.openai.OpenAiModelCatalog;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.Response;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Unmodified LangChain4j chats with a served model, through the model's own template. */
class LangChain4jTest {
    private static final String KEY = "unused";
    private static final int TOKENS = 24;
    private static final List<ChatMessage> MESSAGES =
            List.of(SystemMessage.from(TemplatedModel.SYSTEM), UserMessage.from(TemplatedModel.USER));

    @TempDir
    @SuppressWarnings("NullAway.Init") // Set by JUnit.
    private static Path scratch;

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static ServerProcess server;

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static String url;

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static String model;

    @BeforeAll
    static void serve() throws IOException {
        Path file = TemplatedModel.write(scratch.resolve("templated.gguf"));
        server = ServerProcess.start(scratch, "--model", file.toString(), "--max-sequences", "1");
        url = server.uri() + "/v1";
        model = OpenAiModelCatalog.builder()
                .baseUrl(url)
                .apiKey(KEY)
                .build()
                .listModels()
                .getFirst()
                .name();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static OpenAiChatModel.OpenAiChatModelBuilder chat() {
        return OpenAiChatModel.builder()
                .baseUrl(url)
                .apiKey(KEY)
                .modelName(model)
                .temperature(0.0)
                .maxTokens(TOKENS)
                .maxRetries(0);
    }

    @Test
    void listsTheModel() {
        List<ModelDescription> models =
                OpenAiModelCatalog.builder().baseUrl(url).apiKey(KEY).build().listModels();

        assertThat(models).extracting(ModelDescription::name).containsExactly(model);
    }

    @Test
    void chatsThroughTheModelsTemplate() {
        ChatResponse answer = chat().build().chat(MESSAGES);
        Response<String> plain = OpenAiLanguageModel.builder()
                .baseUrl(url)
                .apiKey(KEY)
                .modelName(model)
                .temperature(0.0)
                .build()
                .generate(TemplatedModel.PROMPT);

        // Completions end after 16 tokens by default.
        assertThat(plain.content()).isNotBlank();
        assertThat(answer.aiMessage().text()).startsWith(plain.content());
        assertThat(answer.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(answer.tokenUsage().outputTokenCount()).isEqualTo(TOKENS);
        assertThat(answer.tokenUsage().inputTokenCount())
                .isEqualTo(Objects.requireNonNull(plain.tokenUsage()).inputTokenCount());
        assertThat(answer.modelName()).isEqualTo(model);
    }

    @Test
    void streamsTheSameInOrder() throws InterruptedException, ExecutionException, TimeoutException {
        ChatResponse whole = chat().build().chat(MESSAGES);
        Recorder recorder = new Recorder();
        streaming(TOKENS).chat(MESSAGES, recorder);
        ChatResponse answer = recorder.answer.get(1, TimeUnit.MINUTES);

        assertThat(recorder.parts).hasSizeGreaterThan(4);
        assertThat(String.join("", recorder.parts))
                .isEqualTo(whole.aiMessage().text())
                .isEqualTo(answer.aiMessage().text());
        assertThat(answer.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(answer.tokenUsage().outputTokenCount())
                .isEqualTo(whole.tokenUsage().outputTokenCount());
        assertThat(answer.tokenUsage().inputTokenCount())
                .isEqualTo(whole.tokenUsage().inputTokenCount());
    }

    @Test
    void stopsAtAString() {
        String whole = chat().build().chat(MESSAGES).aiMessage().text();
        String stop = whole.substring(6, 11);
        ChatResponse answer = chat().stop(List.of(stop)).build().chat(MESSAGES);

        assertThat(answer.aiMessage().text()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
        assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void reportsErrorsByType() {
        assertThatThrownBy(() -> chat().modelName("gpt-4o").build().chat(MESSAGES))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("gpt-4o");
        assertThatThrownBy(() -> chat().temperature(3.0).build().chat(MESSAGES))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("temperature");
        Recorder recorder = new Recorder();
        streaming(100_000).chat(MESSAGES, recorder);
        assertThatThrownBy(() -> recorder.answer.get(1, TimeUnit.MINUTES))
                .hasCauseInstanceOf(InvalidRequestException.class);
    }

    @Test
    void cancelsAStreamAndGoesOn() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        // The server computes one request at a time: one that went on would hold up the next.
        streaming(150).chat(MESSAGES, new Recorder() {
            @Override
            public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                context.streamingHandle().cancel();
                begun.countDown();
            }
        });
        assertThat(begun.await(1, TimeUnit.MINUTES)).isTrue();

        assertThat(chat().build().chat(MESSAGES).tokenUsage().outputTokenCount())
                .isEqualTo(TOKENS);
    }

    private static OpenAiStreamingChatModel streaming(int tokens) {
        return OpenAiStreamingChatModel.builder()
                .baseUrl(url)
                .apiKey(KEY)
                .modelName(model)
                .temperature(0.0)
                .maxTokens(tokens)
                .build();
    }

    /** Keeps what a stream brings. */
    private static class Recorder implements StreamingChatResponseHandler {
        private final List<String> parts = new ArrayList<>();
        private final CompletableFuture<ChatResponse> answer = new CompletableFuture<>();

        @Override
        public void onPartialResponse(String part) {
            parts.add(part);
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            answer.complete(response);
        }

        @Override
        public void onError(Throwable error) {
            answer.completeExceptionally(error);
        }
    }
}
