package org.ryzanstein.loader.template;

import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model's chat template: Jinja2 as Transformers sets it up ({@code trim_blocks}, {@code lstrip_blocks}, loop controls,
 * {@code generation} blocks, {@code tojson} without escapes, {@code raise_exception}, {@code strftime_now}).
 *
 * <p>A template is untrusted. It sees copies of its input and nothing else: no classes, no files, no other templates.
 * What it may cost is bounded ({@link TemplateLimits}). Beyond Jinja2's sandbox, {@code append} and other methods that
 * change a list or dict work, on the template's copy.
 *
 * <p>Instances can be shared among threads.
 */
public final class ChatTemplate {
    private static final String UNNAMED = "chat_template";

    private final String name;
    private final List<Stmt> statements;
    private final TemplateLimits limits;

    /**
     * A stretch of the rendered text.
     *
     * @param fromInput whether the text came from the conversation or its tools, unchanged or through operations on
     *     strings: it must not be searched for special tokens. Text of the template and the model's own tokens may be. A special
     *     token counts only where it lies within one segment; ordinary text goes on across segments.
     */
    public record Segment(String text, boolean fromInput) {}

    private ChatTemplate(String name, List<Stmt> statements, TemplateLimits limits) {
        this.name = name;
        this.statements = statements;
        this.limits = limits;
    }

    /**
     * Compiles a template.
     *
     * @throws TemplateException if its syntax is wrong, or it uses a tag, filter, test, function or method that is not
     *     known
     */
    public static ChatTemplate compile(String source) {
        return compile(UNNAMED, source, TemplateLimits.DEFAULT);
    }

    /** Compiles a template; {@code name} is what messages call it. */
    public static ChatTemplate compile(String name, String source) {
        return compile(name, source, TemplateLimits.DEFAULT);
    }

    /** Compiles a template with limits of its own. */
    public static ChatTemplate compile(String name, String source, TemplateLimits limits) {
        try {
            return new ChatTemplate(name, Parser.parse(source, limits), limits);
        } catch (Failure failure) {
            throw failure.named(name);
        }
    }

    /** The name given when the template was compiled. */
    public String name() {
        return name;
    }

    /**
     * Renders a conversation with the system's clock.
     *
     * @param input {@code messages}, {@code tools}, {@code add_generation_prompt}, {@code bos_token}, ... as maps with
     *     string keys, lists, strings, numbers, booleans and nulls; it is copied, not changed
     * @throws TemplateException if the template refuses the conversation, an operation fails or a limit is reached
     */
    public List<Segment> render(Map<String, ? extends @Nullable Object> input) {
        return render(input, Clock.system(ZoneId.systemDefault()));
    }

    /** Renders a conversation; {@code clock} is what {@code strftime_now} reads. */
    public List<Segment> render(Map<String, ? extends @Nullable Object> input, Clock clock) {
        return text(input, clock).segments();
    }

    /** As {@link #render(Map)}, as one string. */
    public String renderText(Map<String, ? extends @Nullable Object> input) {
        return renderText(input, Clock.system(ZoneId.systemDefault()));
    }

    /** As {@link #render(Map, Clock)}, as one string. */
    public String renderText(Map<String, ? extends @Nullable Object> input, Clock clock) {
        return text(input, clock).chars();
    }

    private Text text(Map<String, ? extends @Nullable Object> input, Clock clock) {
        Budget budget = new Budget(limits);
        Scope given = new Scope(null);
        try {
            Input.fill(given, budget, input);
            return new Interpreter(budget, clock).render(statements, new Scope(given));
        } catch (Failure failure) {
            throw failure.at(1).named(name);
        }
    }
}
