package org.ryzanstein.server.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.GeneratedToken;
import org.ryzanstein.loader.engine.GenerationListener;
import org.ryzanstein.loader.engine.GenerationRequest;
import org.ryzanstein.loader.engine.GenerationResult;
import org.ryzanstein.loader.sampling.SamplingOptions;
import org.ryzanstein.loader.tokenizer.EncodeOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code generate}: a raw completion. */
@Command(
        name = "generate",
        description = "Continues a text. Temperature 0 is the default; standard output carries the new text only.",
        mixinStandardHelpOptions = true)
final class GenerateCommand implements Callable<Integer> {
    private static final int DEFAULT_TOKENS = 128;

    private final CliEnvironment environment;

    @Mixin
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private ModelArguments model;

    @Mixin
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private SamplingArguments sampling;

    @Option(
            names = {"-p", "--prompt"},
            paramLabel = "PROMPT",
            required = true,
            description = "The text to continue; the beginning-of-text token is added as the model wants it.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private String prompt;

    @Option(
            names = {"-n", "--max-tokens"},
            paramLabel = "TOKENS",
            description = "The most tokens to generate; without it 128, or fewer where the context ends.")
    private @Nullable Integer maxTokens;

    @Option(
            names = {"-c", "--context"},
            paramLabel = "POSITIONS",
            description = "Context length; the model's own without it.")
    private @Nullable Integer context;

    @Option(names = "--special", description = "Recognises special tokens in the prompt, and shows them in the text.")
    private boolean special;

    @Option(names = "--json", description = "Prints one JSON object at the end.")
    private boolean json;

    @Option(names = "--logprobs", paramLabel = "N", description = "With --json: log-probabilities and N alternatives.")
    private @Nullable Integer logprobs;

    @Option(
            names = "--logits-hash",
            description = "With --json: SHA-256 of each token's logits, float32 little-endian.")
    private boolean logitsHash;

    @Option(names = "--logits", paramLabel = "FILE", description = "Writes each token's logits, float32 little-endian.")
    private @Nullable Path logitsFile;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    GenerateCommand(CliEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (!json && (logprobs != null || logitsHash)) {
            throw new ParameterException(
                    spec.commandLine(),
                    (logitsHash ? "--logits-hash" : "--logprobs") + " needs --json to show itself in");
        }
        SamplingOptions options = sampling.options(0, logprobs == null ? -1 : logprobs);
        if (options.temperature() > 0 && !sampling.hasSeed()) {
            options = options.toBuilder().seed(SamplingArguments.drawSeed()).build();
        }
        OptionalInt positions = context == null ? OptionalInt.empty() : OptionalInt.of(context);
        try (Engine engine = model.open(environment, model.options(positions))) {
            int[] ids = engine.tokenizer().encode(prompt, new EncodeOptions(true, special));
            GenerationRequest request =
                    sampling.request(ids, tokens(engine, ids.length), options).withRenderControl(special);
            if (options.temperature() > 0) {
                environment.say("seed " + options.seed());
            }
            if (logitsHash || logitsFile != null) {
                try (LogitsRecorder recorder = new LogitsRecorder(logitsHash, logitsFile)) {
                    GenerationResult result = run(engine, request.withLogits(ids.length - 1, recorder));
                    recorder.keep(result.tokens().size());
                    finish(
                            engine,
                            request,
                            result,
                            recorder.hashes(result.tokens().size()));
                }
            } else {
                finish(engine, request, run(engine, request), List.of());
            }
        }
        return ExitCode.DONE;
    }

    private int tokens(Engine engine, int promptTokens) {
        return maxTokens != null
                ? maxTokens
                : Math.clamp(engine.model().contextLength() - (long) promptTokens, 1, DEFAULT_TOKENS);
    }

    private GenerationResult run(Engine engine, GenerationRequest request) throws InterruptedException {
        if (json) {
            return engine.submit(request, GenerationListener.NONE).await();
        }
        if (environment.terminals().out() && environment.terminals().err()) {
            // Seen before its continuation, but no part of the result.
            environment.err().print(environment.coloured(CliEnvironment.Colour.DIM, prompt));
            environment.err().flush();
        }
        TextPrinter printer = new TextPrinter(environment.out());
        GenerationResult result = engine.submit(request, printer).await();
        printer.rest(result);
        environment.out().println();
        return result;
    }

    private void finish(Engine engine, GenerationRequest request, GenerationResult result, List<String> hashes) {
        if (json) {
            GenerationJson view = new GenerationJson(engine, request, result);
            environment.out().println(view.text(logitsHash ? hashes : null));
        } else {
            environment.say(environment.coloured(CliEnvironment.Colour.DIM, summary(result)));
        }
    }

    private static String summary(GenerationResult result) {
        return String.format(
                Locale.ROOT,
                "%d prompt tokens at %.1f/s, %d generated at %.1f/s, first after %.0f ms; ended by %s",
                result.promptTokens(),
                result.timings().prefillTokensPerSecond(),
                result.tokens().size(),
                result.timings().decodeTokensPerSecond(),
                result.timings().timeToFirstTokenMillis(),
                GenerationJson.finishReason(result));
    }

    /** Prints text as it comes. */
    static final class TextPrinter implements GenerationListener {
        private final java.io.PrintStream out;
        private int printed;

        TextPrinter(java.io.PrintStream out) {
            this.out = out;
        }

        @Override
        public synchronized void token(GeneratedToken token) {
            out.print(token.text());
            out.flush();
            printed += token.text().length();
        }

        /** Prints what was held back to the end. */
        synchronized void rest(GenerationResult result) {
            out.print(result.text().substring(Math.min(printed, result.text().length())));
            out.flush();
        }
    }
}
