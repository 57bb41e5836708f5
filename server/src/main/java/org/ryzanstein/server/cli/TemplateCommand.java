package org.ryzanstein.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.template.ChatTemplate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code template}: what a chat template makes of a conversation. */
@Command(
        name = "template",
        description = "Renders a chat template, and prints the text alone.",
        mixinStandardHelpOptions = true)
final class TemplateCommand implements Callable<Integer> {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final CliEnvironment environment;

    @Option(names = "--file", paramLabel = "JINJA", required = true, description = "The template.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private Path file;

    @Option(
            names = "--input",
            paramLabel = "JSON",
            required = true,
            description =
                    "A file with one JSON object: messages, tools, add_generation_prompt, bos_token, eos_token and"
                            + " whatever else the template reads.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private Path input;

    TemplateCommand(CliEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        ChatTemplate template = ChatTemplate.compile(file.toString(), Files.readString(file));
        LinkedHashMap<String, @Nullable Object> values;
        try {
            values = MAPPER.readValue(Files.readAllBytes(input), new TypeReference<>() {});
        } catch (JsonProcessingException e) {
            throw new IOException(input + ": found " + e.getOriginalMessage() + ", expected one JSON object", e);
        }
        environment.out().print(template.renderText(values));
        return ExitCode.DONE;
    }
}
