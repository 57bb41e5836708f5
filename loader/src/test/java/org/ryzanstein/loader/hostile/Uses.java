package org.ryzanstein.loader.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.loader.format.GgufModelFile;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.ModelInspection;
import org.ryzanstein.loader.model.Architectures;
import org.ryzanstein.loader.model.ModelLimits;
import org.ryzanstein.loader.parallel.Placement;
import org.ryzanstein.loader.parallel.SpinParkTeam;
import org.ryzanstein.loader.template.ChatTemplate;
import org.ryzanstein.loader.template.TemplateLimits;
import org.ryzanstein.loader.tokenizer.EncodeOptions;
import org.ryzanstein.loader.tokenizer.Tokenizer;
import org.ryzanstein.loader.tokenizer.Tokenizers;

/** What is done with files that open. */
final class Uses {
    private static final String TEXT = "Once upon a  time, 12345 the <tool> 日本 é <|end|></s>\n";
    private static final int CONTEXT = 64;

    /** A tenth of the usual limits, where templates are not what is looked at. */
    private static final TemplateLimits SMALL =
            new TemplateLimits(1 << 20, 64, 300_000, 100_000, 200, 1 << 20, 1 << 16, 1 << 18, 16);

    private static final Map<String, Object> CONVERSATION = Map.of(
            "messages",
            List.of(
                    Map.of("role", "user", "content", "Hi"),
                    Map.of("role", "assistant", "content", "Ho"),
                    Map.of("role", "user", "content", "Hm")),
            "tools",
            List.of(Map.of(
                    "type",
                    "function",
                    "function",
                    Map.of(
                            "name",
                            "f",
                            "description",
                            "Does something",
                            "parameters",
                            Map.of(
                                    "type",
                                    "object",
                                    "properties",
                                    Map.of("a", Map.of("type", "string", "description", "A text")))))),
            "add_generation_prompt",
            true,
            "bos_token",
            "<s>",
            "eos_token",
            "</s>");

    private Uses() {}

    /** Lists a model's contents, packs its weights, reads its tokenizer if it is in the file, and renders its template. */
    static void model(Path path) {
        try (ModelFile file = ModelFile.open(path)) {
            assertThat(ModelInspection.of(file, true).json()).isNotEmpty();
            Architectures.check(file);
            Hyperparameters shape = file.hyperparameters();
            if (file instanceof GgufModelFile gguf) {
                tokenizer(Tokenizers.fromGguf(gguf.gguf().metadata()));
            }
            file.chatTemplate().ifPresent(source -> template(source, SMALL));
            pack(file, shape);
        }
    }

    private static void pack(ModelFile file, Hyperparameters shape) {
        try (SpinParkTeam team = new SpinParkTeam(1);
                KernelBackend backend =
                        KernelBackends.choose(Optional.empty()).provider().open(team)) {
            int context = Math.min(CONTEXT, shape.contextLength());
            ModelLimits limits = new ModelLimits(4, 1, 1, context, ModelLimits.blocksFor(context));
            assertThat(Architectures.load(
                                    file,
                                    shape,
                                    Placement.alone(Architectures.sizes(shape)),
                                    backend,
                                    limits,
                                    bytes -> {})
                            .packedBytes())
                    .isPositive();
        }
    }

    static void tokenizer(Tokenizer tokenizer) {
        int[] ids = tokenizer.encode(TEXT, new EncodeOptions(true, true));
        assertThat(tokenizer.decode(ids, true)).isNotEmpty();
        assertThat(tokenizer.endOfGeneration()).allMatch(id -> id >= 0 && id < tokenizer.vocabularySize());
    }

    /** Renders a template. */
    static void template(String source) {
        template(source, TemplateLimits.DEFAULT);
    }

    private static void template(String source, TemplateLimits limits) {
        String text = ChatTemplate.compile("chat_template", source, limits).renderText(CONVERSATION);
        assertThat((long) text.length()).isLessThan(limits.outputCharacters() + 10_000);
    }
}
