package org.ryzanstein.server.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.Perplexity;
import org.ryzanstein.loader.tokenizer.EncodeOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perplexity}: how well a model foresees a text. */
@Command(
        name = "perplexity",
        description = {
            "Measures perplexity by llama.cpp's protocol: the text is cut into chunks of the context's length that do not"
                    + " overlap, each begins with the beginning-of-text token in its first place, and the second half of"
                    + " each chunk is scored."
        },
        mixinStandardHelpOptions = true)
final class PerplexityCommand implements Callable<Integer> {
    private static final int DEFAULT_CONTEXT = 512;

    private final CliEnvironment environment;

    @Mixin
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private ModelArguments model;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "TEXT",
            required = true,
            description = "A text file in UTF-8.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private Path file;

    @Option(
            names = {"-c", "--context"},
            paramLabel = "CONTEXT",
            description = "Length of a chunk; 512 without it, or the model's context where that is shorter.")
    private @Nullable Integer context;

    @Option(names = "--json", description = "Prints one JSON object.")
    private boolean json;

    PerplexityCommand(CliEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        String text = read();
        try (Engine engine = model.open(environment, model.options(OptionalInt.empty()))) {
            int[] tokens = engine.tokenizer().encode(text, new EncodeOptions(true, false));
            int chunk =
                    context == null ? Math.min(DEFAULT_CONTEXT, engine.model().contextLength()) : context;
            Perplexity.Result result;
            try (ProgressBar bar = new ProgressBar(environment)) {
                result = Perplexity.measure(engine, tokens, chunk, bar::progress);
            }
            if (json) {
                environment
                        .out()
                        .println(GenerationJson.write(JsonNodeFactory.instance
                                .objectNode()
                                .put("perplexity", result.perplexity())
                                .put("nll", result.nll())
                                .put("tokens", result.tokens())
                                .put("chunks", result.chunks())
                                .put("context", chunk)
                                .put("protocol", "llama.cpp")
                                .put("backend", engine.backend())
                                .put("model", engine.model().name())));
            } else {
                environment
                        .out()
                        .println(String.format(
                                Locale.ROOT,
                                "perplexity %.4f (%.5f nats a token) over %d tokens: second halves of %d chunks of %d tokens,"
                                        + " llama.cpp's protocol",
                                result.perplexity(),
                                result.nll(),
                                result.tokens(),
                                result.chunks(),
                                chunk));
            }
        }
        return ExitCode.DONE;
    }

    private String read() throws IOException {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new IOException(file + ": found bytes that are no UTF-8, expected a text file", e);
        } catch (IOException e) {
            throw new IOException(file + ": can't be read: " + e, e);
        }
    }
}
