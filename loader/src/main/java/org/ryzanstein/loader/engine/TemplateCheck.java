package org.ryzanstein.loader.engine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.template.ChatTemplate;
import org.ryzanstein.loader.template.TemplateException;

/**
 * Tries a model's chat template while the model is loaded, so that one that can't be rendered is refused then, and not at the
 * first request: it is compiled, and rendered with the simplest conversation. A template that refuses that conversation in its
 * own words is in order.
 */
final class TemplateCheck {
    private static final Map<String, Object> CONVERSATION = Map.of(
            "messages",
            List.of(Map.of("role", "user", "content", "Hello")),
            "add_generation_prompt",
            true,
            "bos_token",
            "",
            "eos_token",
            "");

    private TemplateCheck() {}

    /** @throws ModelFormatException naming the template, the line, and the construct that is wrong */
    static void check(ModelFile file) {
        Optional<TemplateException> problem = problem(file.chatTemplate().orElse(""));
        if (problem.isPresent()) {
            TemplateException e = problem.get();
            throw new ModelFormatException(
                    file.source() + ": " + file.chatTemplateField() + ": found in line " + e.line() + ": " + e.what()
                            + "; expected a template that renders a conversation; correct it, or remove it to do without"
                            + " chat",
                    e);
        }
    }

    /** Why a template can't be rendered. */
    static Optional<TemplateException> problem(String source) {
        try {
            ChatTemplate.compile(source).renderText(CONVERSATION);
            return Optional.empty();
        } catch (TemplateException e) {
            return e.kind() == TemplateException.Kind.RAISED ? Optional.empty() : Optional.of(e);
        }
    }
}
