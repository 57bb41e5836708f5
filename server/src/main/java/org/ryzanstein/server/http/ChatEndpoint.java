package org.ryzanstein.server.http;

import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import org.ryzanstein.loader.engine.GenerationRequest;
import org.ryzanstein.server.chat.ChatMessage;
import org.ryzanstein.server.chat.ChatPromptException;

/** {@code POST /v1/chat/completions}. */
final class ChatEndpoint {
    private static final int MAX_TOP_LOGPROBS = 20;

    private final ModelSlot slot;
    private final Responder responder;
    private final int maxBodyBytes;

    ChatEndpoint(ModelSlot slot, Responder responder, int maxBodyBytes) {
        this.slot = slot;
        this.responder = responder;
        this.maxBodyBytes = maxBodyBytes;
    }

    void handle(Context context) throws ClientGoneException, InterruptedException {
        Fields fields = RequestBody.read(context, maxBodyBytes);
        ServedModel model = slot.require();
        model.require(fields);
        Unsupported.refuseInChat(fields);
        List<ChatMessage> messages = ChatMessages.read(fields);
        int logprobs = logprobs(fields);
        GenerationFields generation =
                GenerationFields.read(fields, model.engine().model().vocabularySize(), logprobs);
        int[] prompt = prompt(model, messages);
        int tokens = generation.room("messages", prompt.length, model.contextLength(), Integer.MAX_VALUE);
        List<GenerationRequest> requests = new ArrayList<>();
        for (int choice = 0; choice < generation.choices(); choice++) {
            requests.add(generation.request(prompt, tokens, choice));
        }
        ChatFormat format = new ChatFormat(
                AnswerHead.create("chatcmpl-", model),
                new TokenTexts(model.engine().tokenizer()),
                logprobs >= 0,
                requests.size());
        responder.answer(context, model.engine(), requests, prompt.length, format, generation.streaming());
    }

    private static int[] prompt(ServedModel model, List<ChatMessage> messages) {
        try {
            return model.chat().encode(messages);
        } catch (ChatPromptException e) {
            throw ApiException.invalid("messages", String.valueOf(e.getMessage()));
        }
    }

    private static int logprobs(Fields fields) {
        boolean wanted = fields.flag("logprobs").orElse(false);
        int top = fields.integer("top_logprobs", 0, MAX_TOP_LOGPROBS).orElse(-1);
        if (top >= 0 && !wanted) {
            throw ApiException.invalid("top_logprobs", "found without logprobs, expected only with logprobs true");
        }
        return wanted ? Math.max(top, 0) : -1;
    }
}
