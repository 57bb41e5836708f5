package org.ryzanstein.server.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.engine.GeneratedToken;
import org.ryzanstein.loader.engine.GenerationResult;
import org.ryzanstein.server.http.dto.TextCompletion;
import org.ryzanstein.server.http.dto.TextLogprobs;
import org.ryzanstein.server.http.dto.Usage;

/** Answers of {@code /v1/completions}. */
final class TextFormat implements AnswerFormat {
    private final AnswerHead head;
    private final TokenTexts texts;
    private final boolean logprobs;
    private final List<String> echoes;
    private final int[] offsets;
    private final int[] sent;

    /**
     * A format.
     *
     * @param echoes what each choice begins with: its prompt's text, or nothing
     */
    TextFormat(AnswerHead head, TokenTexts texts, boolean logprobs, List<String> echoes) {
        this.head = head;
        this.texts = texts;
        this.logprobs = logprobs;
        this.echoes = List.copyOf(echoes);
        this.offsets = new int[echoes.size()];
        this.sent = new int[echoes.size()];
    }

    @Override
    public Object whole(List<GenerationResult> results, Usage usage) {
        List<TextCompletion.Choice> choices = new ArrayList<>();
        for (GenerationResult result : results) {
            int choice = choices.size();
            choices.add(new TextCompletion.Choice(
                    choice,
                    echoes.get(choice) + result.text(),
                    logprobs ? texts.text(result.tokens(), 0) : null,
                    AnswerFormat.finishReason(result)));
        }
        return completion(choices, usage);
    }

    @Override
    public Optional<Object> opening(int choice) {
        String echo = echoes.get(choice);
        return echo.isEmpty() ? Optional.empty() : Optional.of(piece(choice, echo, null, null));
    }

    @Override
    public Optional<Object> token(int choice, GeneratedToken token) {
        if (token.text().isEmpty() && !logprobs) {
            return Optional.empty();
        }
        sent[choice] += token.text().length();
        TextLogprobs details = logprobs ? texts.text(List.of(token), offsets[choice]) : null;
        offsets[choice] += token.text().codePointCount(0, token.text().length());
        return Optional.of(piece(choice, token.text(), details, null));
    }

    @Override
    public Object closing(int choice, GenerationResult result) {
        return piece(choice, result.text().substring(sent[choice]), null, AnswerFormat.finishReason(result));
    }

    @Override
    public Object usage(Usage usage) {
        return completion(List.of(), usage);
    }

    private TextCompletion piece(
            int choice, String text, @Nullable TextLogprobs details, @Nullable String finishReason) {
        return completion(List.of(new TextCompletion.Choice(choice, text, details, finishReason)), null);
    }

    private TextCompletion completion(List<TextCompletion.Choice> choices, @Nullable Usage usage) {
        return new TextCompletion(
                head.id(), "text_completion", head.created(), head.model(), head.fingerprint(), choices, usage);
    }
}
