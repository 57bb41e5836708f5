package org.ryzanstein.server.chat;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.template.ChatTemplate;
import org.ryzanstein.loader.template.TemplateException;
import org.ryzanstein.loader.tokenizer.Tokenizer;

/** Makes prompts of conversations with the model's own chat template. Thread-safe. */
public final class ChatPrompts {
    private final Tokenizer tokenizer;
    private final SegmentEncoder encoder;
    private final @Nullable ChatTemplate template;
    private final String problem;

    private ChatPrompts(Tokenizer tokenizer, @Nullable ChatTemplate template, String problem) {
        this.tokenizer = tokenizer;
        this.encoder = new SegmentEncoder(tokenizer);
        this.template = template;
        this.problem = problem;
    }

    /** Compiles the template of an engine's model; without a usable one each {@link #encode} says why. */
    public static ChatPrompts of(Engine engine) {
        String source = engine.model().chatTemplate();
        if (source.isEmpty()) {
            return new ChatPrompts(engine.tokenizer(), null, "the model has no chat template; use a plain completion");
        }
        try {
            return new ChatPrompts(engine.tokenizer(), ChatTemplate.compile(source), "");
        } catch (TemplateException e) {
            String reason = "the model's chat template can't be used: " + e.getMessage();
            return new ChatPrompts(engine.tokenizer(), null, reason);
        }
    }

    /** Why no conversation can be made a prompt; empty if nothing stands in the way. */
    public String problem() {
        return problem;
    }

    /**
     * The tokens of a conversation, up to where the assistant's answer begins.
     *
     * @throws ChatPromptException if there is no usable template, or it refuses the conversation
     */
    public int[] encode(List<ChatMessage> messages) {
        if (template == null) {
            throw new ChatPromptException(problem);
        }
        try {
            int[] ids = encoder.encode(template.render(input(messages)));
            if (ids.length == 0) {
                throw new ChatPromptException("the conversation is empty: it makes no tokens");
            }
            return ids;
        } catch (TemplateException e) {
            throw new ChatPromptException(
                    e.kind() == TemplateException.Kind.RAISED
                            ? "the model's chat template refuses the conversation: " + e.what()
                            : "the model's chat template failed: " + e.getMessage(),
                    e);
        }
    }

    private Map<String, Object> input(List<ChatMessage> messages) {
        List<Map<String, String>> turns = messages.stream()
                .map(message -> Map.of("role", message.role(), "content", message.content()))
                .toList();
        return Map.of(
                "messages",
                turns,
                "add_generation_prompt",
                true,
                "bos_token",
                spelling(tokenizer.bos()),
                "eos_token",
                spelling(tokenizer.eos()));
    }

    private String spelling(OptionalInt token) {
        return token.isPresent() ? tokenizer.token(token.getAsInt()) : "";
    }
}
