package org.ryzanstein.server.cli;

import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.sampling.SamplingOptions;
import org.ryzanstein.server.chat.ChatMessage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code chat}: a conversation at the terminal. */
@Command(
        name = "chat",
        description = "An interactive conversation. Ctrl-C stops an answer, Ctrl-D ends the conversation.",
        mixinStandardHelpOptions = true)
final class ChatCommand implements Callable<Integer> {
    private static final float DEFAULT_TEMPERATURE = 0.7f;

    private final CliEnvironment environment;

    @Mixin
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private ModelArguments model;

    @Mixin
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private SamplingArguments sampling;

    @Option(names = "--system", paramLabel = "TEXT", description = "A system message before the conversation.")
    private @Nullable String system;

    @Option(
            names = {"-n", "--max-tokens"},
            paramLabel = "TOKENS",
            description = "The most tokens of an answer; what the context leaves without it.")
    private int maxTokens = Integer.MAX_VALUE;

    @Option(
            names = {"-c", "--context"},
            paramLabel = "POSITIONS",
            description = "Context length; the model's own without it.")
    private @Nullable Integer context;

    ChatCommand(CliEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        SamplingOptions options = sampling.options(DEFAULT_TEMPERATURE, -1);
        if (!sampling.hasSeed()) {
            options = options.toBuilder().seed(SamplingArguments.drawSeed()).build();
        }
        OptionalInt positions = context == null ? OptionalInt.empty() : OptionalInt.of(context);
        List<ChatMessage> start = system == null ? List.of() : List.of(new ChatMessage("system", system));
        try (Engine engine = model.open(environment, model.options(positions));
                LineSource lines = lines()) {
            if (options.temperature() > 0) {
                environment.say("seed " + options.seed());
            }
            new ChatSession(environment, engine, lines, sampling, options, maxTokens, start).run();
        }
        return ExitCode.DONE;
    }

    private LineSource lines() throws IOException {
        return environment.terminals().in() && environment.terminals().out()
                ? new TerminalLines(
                        TerminalBuilder.builder().system(true).dumb(true).build())
                : new PipedLines(environment.in());
    }
}
