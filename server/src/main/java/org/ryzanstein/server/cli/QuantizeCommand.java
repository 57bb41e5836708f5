package org.ryzanstein.server.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.EngineOptions;
import org.ryzanstein.loader.engine.Perplexity;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.quantize.QuantizationOptions;
import org.ryzanstein.loader.quantize.QuantizationReport;
import org.ryzanstein.loader.quantize.Quantizer;
import org.ryzanstein.loader.tokenizer.EncodeOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code quantize}: a model in smaller types. */
@Command(
        name = "quantize",
        description = "Writes a model as GGUF in smaller types, and reports what that cost each tensor.",
        mixinStandardHelpOptions = true)
final class QuantizeCommand implements Callable<Integer> {
    private static final int CONTEXT = 512;

    private final CliEnvironment environment;

    @Parameters(
            index = "0",
            paramLabel = "SOURCE",
            description = "A directory as published on the hub, or a GGUF file.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private Path source;

    @Parameters(index = "1", paramLabel = "TARGET", description = "The GGUF file to write; replaced where it exists.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private Path target;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            required = true,
            description = "Type of the matrices: TQ1_0, TQ2_0 or I2_S for ternary models; Q8_0, Q4_0, Q4_K or Q6_K for"
                    + " others; F16 or F32 for both.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private String type;

    @Option(
            names = "--head",
            paramLabel = "TYPE",
            description = "Type of embedding and head: F32, F16, Q8_0 or Q6_K; without it F16 for ternary types, else"
                    + " what llama.cpp takes.")
    private @Nullable String head;

    @Option(names = "--report", paramLabel = "FILE", description = "Writes the report as JSON, too.")
    private @Nullable Path report;

    @Option(
            names = "--text",
            paramLabel = "TEXT",
            description = "A text file in UTF-8: the report says the perplexity on it before and after.")
    private @Nullable Path text;

    @Option(names = "--force", description = "Makes weights ternary that were not trained so, or ternary ones not.")
    private boolean force;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    QuantizeCommand(CliEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        QuantizationOptions options = new QuantizationOptions(
                parsed("--type", type, QuantizationOptions.TYPES),
                head == null ? Optional.empty() : Optional.of(parsed("--head", head, QuantizationOptions.HEAD_TYPES)),
                force);
        if (report != null && !Files.isDirectory(report.toAbsolutePath().resolveSibling(""))) {
            throw new NoSuchFileException(report + ": there is no such directory to write the report into");
        }
        // The source goes first, so that a text that is too short is refused before the long work.
        Optional<String> words = text == null ? Optional.empty() : Optional.of(read(text));
        Optional<Perplexity.Result> before =
                words.isPresent() ? Optional.of(measure(source, words.get())) : Optional.empty();
        QuantizationReport result;
        try (ProgressBar bar = new ProgressBar(environment)) {
            result = Quantizer.quantize(source, target, options, bar::progress);
        }
        if (words.isPresent() && before.isPresent()) {
            Perplexity.Result after = measure(target, words.get());
            result = result.with(new QuantizationReport.Perplexity(
                    before.get().perplexity(),
                    after.perplexity(),
                    "llama.cpp's protocol, " + after.tokens() + " tokens"));
        }
        if (report != null) {
            Files.writeString(report, result.json() + "\n");
        }
        result.table().lines().map(Text::printable).forEach(environment.out()::println);
        environment.say("wrote " + target + ", " + Text.bytes(Files.size(target)));
        return ExitCode.DONE;
    }

    private Perplexity.Result measure(Path model, String words) throws InterruptedException {
        try (ProgressBar bar = new ProgressBar(environment);
                Engine engine = environment
                        .opener()
                        .open(EngineOptions.defaults().withModel(model).withProgress(bar::progress))) {
            int[] tokens = engine.tokenizer().encode(words, new EncodeOptions(true, false));
            return Perplexity.measure(
                    engine, tokens, Math.min(CONTEXT, engine.model().contextLength()), bar::progress);
        }
    }

    private static String read(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new IOException(file + ": found bytes that are no UTF-8, expected a text file", e);
        } catch (IOException e) {
            throw new IOException(file + ": can't be read: " + e, e);
        }
    }

    private TensorType parsed(String option, String name, List<TensorType> allowed) {
        try {
            return QuantizationOptions.parse(option, name, allowed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
