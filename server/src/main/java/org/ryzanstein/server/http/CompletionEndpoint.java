package org.ryzanstein.server.http;

import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import org.ryzanstein.loader.engine.GenerationRequest;
import org.ryzanstein.server.http.CompletionPrompts.Prompt;

/** {@code POST /v1/completions}. */
final class CompletionEndpoint {
    private static final int MAX_LOGPROBS = 20;

    /** What OpenAI generates where the request names no number. */
    private static final int DEFAULT_TOKENS = 16;

    private final ModelSlot slot;
    private final Responder responder;
    private final int maxBodyBytes;

    CompletionEndpoint(ModelSlot slot, Responder responder, int maxBodyBytes) {
        this.slot = slot;
        this.responder = responder;
        this.maxBodyBytes = maxBodyBytes;
    }

    void handle(Context context) throws ClientGoneException, InterruptedException {
        Fields fields = RequestBody.read(context, maxBodyBytes);
        ServedModel model = slot.require();
        model.require(fields);
        Unsupported.refuseInCompletions(fields);
        int logprobs = fields.integer("logprobs", 0, MAX_LOGPROBS).orElse(-1);
        boolean echo = fields.flag("echo").orElse(false);
        boolean parseSpecial = fields.flag("parse_special").orElse(false);
        if (echo && logprobs >= 0) {
            throw ApiException.unsupported("echo", "not supported together with logprobs; leave one of them out");
        }
        GenerationFields generation =
                GenerationFields.read(fields, model.engine().model().vocabularySize(), logprobs);
        requireNoSelection(fields, generation.choices());
        List<Prompt> prompts = new CompletionPrompts(model, parseSpecial).read(fields);
        if (prompts.size() * generation.choices() > GenerationFields.MAX_GENERATIONS) {
            throw ApiException.invalid(
                    "n",
                    "found " + generation.choices() + " for each of " + prompts.size() + " prompts, expected at most "
                            + GenerationFields.MAX_GENERATIONS + " completions in all");
        }
        List<GenerationRequest> requests = new ArrayList<>();
        List<String> echoes = new ArrayList<>();
        int promptTokens = 0;
        for (Prompt prompt : prompts) {
            int tokens = generation.room("prompt", prompt.ids().length, model.contextLength(), DEFAULT_TOKENS);
            promptTokens += prompt.ids().length;
            for (int choice = 0; choice < generation.choices(); choice++) {
                requests.add(generation.request(prompt.ids(), tokens, choice));
                echoes.add(echo ? prompt.text() : "");
            }
        }
        TextFormat format = new TextFormat(
                AnswerHead.create("cmpl-", model), new TokenTexts(model.engine().tokenizer()), logprobs >= 0, echoes);
        responder.answer(context, model.engine(), requests, promptTokens, format, generation.streaming());
    }

    /** {@code best_of} generates more than it returns; as many as are returned is no selection. */
    private static void requireNoSelection(Fields fields, int choices) {
        fields.integer("best_of", 1, GenerationFields.MAX_GENERATIONS).ifPresent(count -> {
            if (count != choices) {
                throw ApiException.unsupported(
                        "best_of",
                        "found " + count + " beside n " + choices + ", but choosing the best is not supported");
            }
        });
    }
}
