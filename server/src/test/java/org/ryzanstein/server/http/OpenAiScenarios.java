package org.ryzanstein.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.models.Model;
import java.util.List;

/**
 * What an unmodified OpenAI client does and expects. {@link OpenAiClientTest} runs each method in a class loader of its own, since
 * the client's libraries and the server's modules would get in each other's way.
 */
public final class OpenAiScenarios {
    private static final String MODEL = "fake-model";

    private final OpenAIClient client;

    public OpenAiScenarios(String url) {
        client = OpenAIOkHttpClient.builder()
                .baseUrl(url + "/v1")
                .apiKey("unused")
                .maxRetries(0)
                .build();
    }

    private static ChatCompletionCreateParams.Builder chat() {
        return ChatCompletionCreateParams.builder().model(MODEL).addUserMessage("Hi");
    }

    public void completesAChat() {
        ChatCompletion completion = client.chat().completions().create(chat().build());

        ChatCompletion.Choice choice = completion.choices().getFirst();
        assertThat(choice.message().content()).contains("Grüße, 世界 🎉!");
        assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
        assertThat(completion.usage().orElseThrow().completionTokens()).isEqualTo(21);
        assertThat(completion.usage().orElseThrow().promptTokens()).isEqualTo(3);
        assertThat(completion.usage().orElseThrow().totalTokens()).isEqualTo(24);
        assertThat(completion.model()).isEqualTo(MODEL);
        assertThat(completion.validate()).isNotNull();
    }

    public void saysLengthWhereTheTokensRanOut() {
        ChatCompletion completion =
                client.chat().completions().create(chat().maxCompletionTokens(2).build());

        assertThat(completion.choices().getFirst().finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.LENGTH);
        assertThat(completion.choices().getFirst().message().content()).contains("Gr".substring(0, 2));
    }

    public void streamsAChatInOrderWithUsageAtTheEnd() {
        ChatCompletionCreateParams request = chat().streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();

        List<ChatCompletionChunk> chunks;
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(request)) {
            chunks = stream.stream().toList();
        }

        StringBuilder text = new StringBuilder();
        for (ChatCompletionChunk chunk : chunks.subList(0, chunks.size() - 1)) {
            chunk.choices().getFirst().delta().content().ifPresent(text::append);
        }
        assertThat(text.toString()).isEqualTo("Grüße, 世界 🎉!");
        assertThat(chunks.getFirst().choices().getFirst().delta().role()).isPresent();
        assertThat(chunks.get(chunks.size() - 2).choices().getFirst().finishReason())
                .contains(ChatCompletionChunk.Choice.FinishReason.STOP);
        assertThat(chunks.getLast().choices()).isEmpty();
        assertThat(chunks.getLast().usage().orElseThrow().completionTokens()).isEqualTo(21);
        assertThat(chunks.stream().map(ChatCompletionChunk::id).distinct()).hasSize(1);
    }

    public void returnsLogprobsOfAChat() {
        ChatCompletion completion = client.chat()
                .completions()
                .create(chat().logprobs(true)
                        .topLogprobs(3)
                        .maxCompletionTokens(1)
                        .build());

        var token = completion
                .choices()
                .getFirst()
                .logprobs()
                .orElseThrow()
                .content()
                .orElseThrow()
                .getFirst();
        assertThat(token.token()).isEqualTo("G");
        assertThat(token.bytes().orElseThrow()).containsExactly((long) 'G');
        assertThat(token.logprob()).isEqualTo(-0.25);
        assertThat(token.topLogprobs()).hasSize(3);
    }

    public void completesText() {
        Completion completion = client.completions()
                .create(CompletionCreateParams.builder()
                        .model(MODEL)
                        .prompt("Once")
                        .maxTokens(50)
                        .logprobs(2)
                        .build());

        assertThat(completion.choices().getFirst().text()).isEqualTo("Grüße, 世界 🎉!");
        assertThat(completion
                        .choices()
                        .getFirst()
                        .logprobs()
                        .orElseThrow()
                        .tokens()
                        .orElseThrow())
                .startsWith("G", "r", "bytes:\\xc3", "bytes:\\xbc");
        assertThat(completion
                        .choices()
                        .getFirst()
                        .logprobs()
                        .orElseThrow()
                        .textOffset()
                        .orElseThrow())
                .startsWith(0L, 1L, 2L, 2L, 3L);
        assertThat(completion.validate()).isNotNull();
    }

    public void streamsText() {
        CompletionCreateParams request = CompletionCreateParams.builder()
                .model(MODEL)
                .prompt("Once")
                .maxTokens(50)
                .build();

        StringBuilder text = new StringBuilder();
        try (StreamResponse<Completion> stream = client.completions().createStreaming(request)) {
            stream.stream()
                    .forEach(piece -> text.append(piece.choices().getFirst().text()));
        }
        assertThat(text.toString()).isEqualTo("Grüße, 世界 🎉!");
    }

    public void listsTheModel() {
        assertThat(client.models().list().data()).extracting(Model::id).containsExactly(MODEL);
        assertThat(client.models().retrieve(MODEL).ownedBy()).isEqualTo("ryzanstein");
    }

    public void reportsErrorsAsTheClientExpectsThem() {
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(chat().model("gpt-4o").build()))
                .isInstanceOfSatisfying(
                        NotFoundException.class, e -> assertThat(e.code()).contains("model_not_found"));
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(chat().temperature(3.0).build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class, e -> assertThat(e.param()).contains("temperature"));
    }

    public void failsAStreamThatFails() {
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(chat().build())) {
            assertThatThrownBy(() -> stream.stream().toList()).isInstanceOf(RuntimeException.class);
        }
    }
}
