package org.ryzanstein.server.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.FinishReason;
import org.ryzanstein.loader.engine.Generation;
import org.ryzanstein.loader.engine.GenerationException;
import org.ryzanstein.loader.engine.GenerationResult;
import org.ryzanstein.loader.engine.InvalidRequestException;
import org.ryzanstein.loader.sampling.SamplingOptions;
import org.ryzanstein.server.chat.ChatMessage;
import org.ryzanstein.server.chat.ChatPromptException;
import org.ryzanstein.server.chat.ChatPrompts;

/** A conversation: reads lines, answers them, remembers both. An error costs the turn, not the conversation. */
final class ChatSession {
    private static final String HELP = "/clear forgets the conversation, /exit or Ctrl-D ends, Ctrl-C stops an answer";

    private final CliEnvironment environment;
    private final Engine engine;
    private final LineSource lines;
    private final SamplingArguments arguments;
    private final SamplingOptions sampling;
    private final int maxTokens;
    private final ChatPrompts prompts;
    private final List<ChatMessage> start;
    private final List<ChatMessage> messages = new ArrayList<>();
    private long seed;

    /**
     * A conversation.
     *
     * @param maxTokens most tokens of an answer
     * @param start what stands before the first turn: a system message or nothing
     */
    ChatSession(
            CliEnvironment environment,
            Engine engine,
            LineSource lines,
            SamplingArguments arguments,
            SamplingOptions sampling,
            int maxTokens,
            List<ChatMessage> start) {
        this.environment = environment;
        this.engine = engine;
        this.lines = lines;
        this.arguments = arguments;
        this.sampling = sampling;
        this.maxTokens = maxTokens;
        this.prompts = ChatPrompts.of(engine);
        this.start = start;
        this.seed = sampling.seed();
        messages.addAll(start);
    }

    void run() throws IOException, InterruptedException {
        if (!prompts.problem().isEmpty()) {
            throw new ChatPromptException(prompts.problem());
        }
        environment.say(environment.coloured(CliEnvironment.Colour.DIM, HELP));
        while (true) {
            String line = lines.next("> ");
            if (line == null || line.strip().equals("/exit")) {
                return;
            }
            switch (line.strip()) {
                case "" -> {}
                case "/clear" -> {
                    messages.clear();
                    messages.addAll(start);
                    environment.say("forgotten");
                }
                case "/help" -> environment.say(HELP);
                default -> answer(line);
            }
        }
    }

    private void answer(String line) throws InterruptedException {
        messages.add(new ChatMessage("user", line));
        try {
            GenerationResult result = generate();
            messages.add(new ChatMessage("assistant", result.text()));
            if (result.finishReason() == FinishReason.CANCELLED) {
                environment.say("(stopped)");
            } else if (result.finishReason() == FinishReason.LENGTH) {
                environment.say("(cut at " + result.tokens().size() + " tokens)");
            }
        } catch (InvalidRequestException | GenerationException | ChatPromptException e) {
            messages.removeLast();
            environment.say(environment.coloured(CliEnvironment.Colour.RED, "ryzanstein: ") + e.getMessage());
        }
    }

    private GenerationResult generate() throws InterruptedException {
        int[] prompt = prompts.encode(messages);
        int room = engine.model().contextLength() - prompt.length;
        if (room < 1) {
            throw new InvalidRequestException(
                    "context",
                    "found " + prompt.length + " tokens of conversation, expected fewer than "
                            + engine.model().contextLength() + ": /clear starts anew");
        }
        SamplingOptions options = sampling.toBuilder().seed(seed++).build();
        GenerateCommand.TextPrinter printer = new GenerateCommand.TextPrinter(environment.out());
        Generation generation = engine.submit(arguments.request(prompt, Math.min(maxTokens, room), options), printer);
        lines.onInterrupt(generation::cancel);
        try {
            GenerationResult result = generation.await();
            printer.rest(result);
            return result;
        } finally {
            lines.onInterrupt(null);
            environment.out().println();
            environment.out().flush();
        }
    }
}
