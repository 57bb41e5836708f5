package org.ryzanstein.server.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.engine.GeneratedToken;
import org.ryzanstein.loader.engine.GenerationResult;
import org.ryzanstein.server.http.dto.ChatChunk;
import org.ryzanstein.server.http.dto.ChatCompletion;
import org.ryzanstein.server.http.dto.ChatLogprobs;
import org.ryzanstein.server.http.dto.Usage;

/** Answers of {@code /v1/chat/completions}. */
final class ChatFormat implements AnswerFormat {
    private static final String ROLE = "assistant";

    private final AnswerHead head;
    private final TokenTexts texts;
    private final boolean logprobs;
    private final int[] sent;

    ChatFormat(AnswerHead head, TokenTexts texts, boolean logprobs, int choices) {
        this.head = head;
        this.texts = texts;
        this.logprobs = logprobs;
        this.sent = new int[choices];
    }

    @Override
    public Object whole(List<GenerationResult> results, Usage usage) {
        List<ChatCompletion.Choice> choices = new ArrayList<>();
        for (GenerationResult result : results) {
            choices.add(new ChatCompletion.Choice(
                    choices.size(),
                    new ChatCompletion.Message(ROLE, result.text(), null),
                    logprobs ? texts.chat(result.tokens()) : null,
                    AnswerFormat.finishReason(result)));
        }
        return new ChatCompletion(
                head.id(), "chat.completion", head.created(), head.model(), head.fingerprint(), choices, usage);
    }

    @Override
    public Optional<Object> opening(int choice) {
        return Optional.of(chunk(choice, new ChatChunk.Delta(ROLE, ""), null, null));
    }

    @Override
    public Optional<Object> token(int choice, GeneratedToken token) {
        if (token.text().isEmpty() && !logprobs) {
            return Optional.empty();
        }
        sent[choice] += token.text().length();
        ChatLogprobs details = logprobs ? texts.chat(List.of(token)) : null;
        return Optional.of(chunk(choice, new ChatChunk.Delta(null, token.text()), details, null));
    }

    @Override
    public Object closing(int choice, GenerationResult result) {
        String rest = result.text().substring(sent[choice]);
        ChatChunk.Delta delta = new ChatChunk.Delta(null, rest.isEmpty() ? null : rest);
        return chunk(choice, delta, null, AnswerFormat.finishReason(result));
    }

    @Override
    public Object usage(Usage usage) {
        return chunk(List.of(), usage);
    }

    private ChatChunk chunk(
            int choice, ChatChunk.Delta delta, @Nullable ChatLogprobs details, @Nullable String finishReason) {
        return chunk(List.of(new ChatChunk.Choice(choice, delta, details, finishReason)), null);
    }

    private ChatChunk chunk(List<ChatChunk.Choice> choices, @Nullable Usage usage) {
        return new ChatChunk(
                head.id(), "chat.completion.chunk", head.created(), head.model(), head.fingerprint(), choices, usage);
    }
}
